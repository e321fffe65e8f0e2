// Asking, claiming and clearing.
#include "dataplane/tables/seen_filter.h"

#include <algorithm>
#include <array>

#include "core/base/assert.h"
#include "dataplane/tables/memory.h"

namespace mehr::dataplane {
namespace {

constexpr std::uint64_t kNumbers = 15;        ///< of generations before they repeat
constexpr std::uint64_t kClearedWithin = 12;  ///< generations
constexpr std::uint64_t kClaim = 64;          ///< places
constexpr std::uint64_t kNumberMask = 0xF;
constexpr std::uint64_t kSpillMask = 0xF0;
constexpr unsigned kSpillShift = 4;
constexpr unsigned kDigestShift = 8;
/// Lines looked through at most. Half-empty lines chosen by a keyed digest never get there.
constexpr unsigned kFarthest = 64;

std::uint64_t number_of(std::uint64_t generation) {
  return 1 + generation % kNumbers;
}

/// True when `number` is of a generation that is over. The number that comes next is not: another
/// worker may be there already.
bool retired(std::uint64_t number, std::uint64_t generation) {
  const std::uint64_t age = (number_of(generation) + kNumbers - number) % kNumbers;
  return number != 0 && age >= 2 && age <= 1 + kClearedWithin;
}

std::uint64_t read(const std::uint64_t& word) {
  return std::atomic_ref<std::uint64_t>(const_cast<std::uint64_t&>(word))
      .load(std::memory_order_relaxed);
}

bool change(std::uint64_t& word, std::uint64_t from, std::uint64_t to) {
  return std::atomic_ref<std::uint64_t>(word).compare_exchange_strong(from, to,
                                                                      std::memory_order_acq_rel);
}

}  // namespace

void SeenFilter::FreeLines::operator()(Line* lines) const {
  free_lines(lines);
}

SeenFilter::SeenFilter(std::size_t per_generation) : per_generation_(per_generation) {
  MEHR_ASSERT(per_generation > 0 && per_generation <= std::size_t{1} << 28);
  // Two generations fill half of the words.
  lines_ = 16 + per_generation / 2;
  table_.reset(static_cast<Line*>(take_lines(lines_)));
  claimed_.store(std::uint64_t{1} << 32, std::memory_order_relaxed);
}

bool SeenFilter::look(std::uint64_t digest, std::uint64_t generation) const {
  const std::uint64_t current = number_of(generation);
  const std::uint64_t previous = number_of(generation - 1);
  const std::uint64_t as_current = digest << kDigestShift | current;
  const std::uint64_t as_previous = digest << kDigestShift | previous;
  std::size_t at = home(digest);
  for (unsigned i = 0; i < kFarthest; ++i, at = after(at)) {
    const Line& line = table_[at];
    const std::uint64_t first = read(line.words[0]);
    const std::uint64_t without_spill = first & ~kSpillMask;
    bool found = without_spill == as_current || without_spill == as_previous;
    for (unsigned word = 1; word < kWords; ++word) {
      const std::uint64_t here = read(line.words[word]);
      found |= (here == as_current) | (here == as_previous);
    }
    if (found) return true;
    const std::uint64_t spill = (first & kSpillMask) >> kSpillShift;
    if (spill != current && spill != previous) return false;
  }
  return false;
}

bool SeenFilter::seen(std::uint64_t digest) const {
  return look(digest, generation_.load(std::memory_order_acquire));
}

std::uint64_t SeenFilter::seen(std::span<const std::uint64_t> digests) const {
  MEHR_ASSERT(digests.size() <= kBurst);
  for (const std::uint64_t digest : digests)
    __builtin_prefetch(&table_[home(digest)]);
  const std::uint64_t generation = generation_.load(std::memory_order_acquire);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < digests.size(); ++i)
    bits |= static_cast<std::uint64_t>(look(digests[i], generation)) << i;
  return bits;
}

bool SeenFilter::remember(std::uint64_t digest, Claim& claim) {
  const std::uint64_t generation = generation_.load(std::memory_order_acquire);
  if (look(digest, std::max(generation, claim.generation_))) return false;
  if (claim.left_ == 0 || claim.generation_ < generation) make_claim(claim);
  --claim.left_;
  put(digest, claim.generation_);
  return true;
}

void SeenFilter::make_claim(Claim& claim) {
  std::uint64_t before = claimed_.load(std::memory_order_relaxed);
  std::uint64_t generation, used, taken;
  do {
    generation = before >> 32;
    used = before & 0xFFFF'FFFF;
    if (used >= per_generation_) {
      ++generation;
      used = 0;
    }
    taken = std::min<std::uint64_t>(kClaim, per_generation_ - used);
  } while (!claimed_.compare_exchange_weak(before, generation << 32 | (used + taken),
                                           std::memory_order_acq_rel));
  // Whoever comes first says so, lest what he adds be hidden while another is held up.
  std::uint64_t known = generation_.load(std::memory_order_relaxed);
  while (known < generation &&
         !generation_.compare_exchange_weak(known, generation, std::memory_order_release,
                                            std::memory_order_relaxed)) {
  }
  claim.generation_ = generation;
  claim.left_ = taken;
  // Lines in proportion to places: all of them in so many generations.
  const std::uint64_t place = generation % kClearedWithin * per_generation_ + used;
  const std::uint64_t places = kClearedWithin * per_generation_;
  clear(place * lines_ / places, (place + taken) * lines_ / places, generation);
}

void SeenFilter::clear(std::size_t from, std::size_t to, std::uint64_t generation) {
  for (std::size_t at = from; at < to; ++at) {
    for (std::uint64_t& word : table_[at].words) {
      const std::uint64_t before = read(word);
      std::uint64_t after = before;
      if (&word == &table_[at].words[0]) {
        if (retired((before & kSpillMask) >> kSpillShift, generation)) after &= ~kSpillMask;
        if (retired(before & kNumberMask, generation)) after &= kSpillMask;
      } else if (retired(before & kNumberMask, generation)) {
        after = 0;
      }
      // When another worker was faster, it took the word for a new digest.
      if (after != before) change(word, before, after);
    }
  }
}

void SeenFilter::put(std::uint64_t digest, std::uint64_t generation) {
  const std::uint64_t number = number_of(generation);
  std::size_t at = home(digest);
  for (unsigned i = 0; i < kFarthest; ++i, at = after(at)) {
    Line& line = table_[at];
    for (unsigned word = 0; word < kWords; ++word) {
      const std::uint64_t before = read(line.words[word]);
      if ((before & kNumberMask) != 0 && !retired(before & kNumberMask, generation)) continue;
      const std::uint64_t spill = word == 0 ? before & kSpillMask : 0;
      if (change(line.words[word], before, digest << kDigestShift | spill | number)) return;
    }
    // Full: whoever looks for this digest must go on, as long as it is remembered.
    std::uint64_t before = read(line.words[0]);
    while ((before & kSpillMask) >> kSpillShift != number &&
           !change(line.words[0], before, (before & ~kSpillMask) | number << kSpillShift)) {
      before = read(line.words[0]);
    }
  }
}

}  // namespace mehr::dataplane
