// Asking, claiming and clearing.
#include "dataplane/tables/seen_filter.h"

#include <algorithm>
#include <array>

#include "core/base/assert.h"
#include "dataplane/tables/memory.h"

namespace mehr::dataplane {
namespace {

constexpr std::uint64_t kClaim = 64;  ///< places

}  // namespace

void SeenFilter::FreeLines::operator()(SeenLine* lines) const {
  free_lines(lines);
}

SeenFilter::SeenFilter(std::size_t per_generation, SeenKernel kernel)
    : per_generation_(per_generation), kernel_(kernel) {
  MEHR_ASSERT(per_generation > 0 && per_generation <= std::size_t{1} << 28);
  // Two generations fill half of the words.
  lines_.count = 16 + per_generation / 2;
  table_.reset(static_cast<SeenLine*>(take_lines(lines_.count)));
  lines_.table = table_.get();
  claimed_.store(std::uint64_t{1} << 32, std::memory_order_relaxed);
}

bool SeenFilter::seen(std::uint64_t digest) const {
  return lines_.look(digest, SeenNumbers(generation_.load(std::memory_order_acquire)));
}

std::uint64_t SeenFilter::seen(std::span<const std::uint64_t> digests) const {
  MEHR_ASSERT(digests.size() <= kBurst);
  const SeenNumbers numbers(generation_.load(std::memory_order_acquire));
  return kernel_.look(lines_, numbers, digests);
}

bool SeenFilter::remember(std::uint64_t digest, Claim& claim) {
  const std::uint64_t generation = generation_.load(std::memory_order_acquire);
  if (claim.left_ != 0 && claim.generation_ == generation) {
    const SeenKernel::Taken taken = kernel_.take(lines_, claim.numbers_, digest);
    if (taken == SeenKernel::Taken::kSeen) return false;
    if (taken == SeenKernel::Taken::kNew) {
      --claim.left_;
      return true;
    }
  }
  if (lines_.look(digest, SeenNumbers(std::max(generation, claim.generation_)))) return false;
  if (claim.left_ == 0 || claim.generation_ < generation) make_claim(claim);
  --claim.left_;
  lines_.put(digest, claim.numbers_);
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
  claim.numbers_ = SeenNumbers(generation);
  claim.left_ = taken;
  // Lines in proportion to places: all of them in so many generations.
  constexpr std::uint64_t kRounds = SeenNumbers::kClearedWithin;
  const std::uint64_t place = generation % kRounds * per_generation_ + used;
  const std::uint64_t places = kRounds * per_generation_;
  lines_.clear(place * lines_.count / places, (place + taken) * lines_.count / places,
               claim.numbers_);
}

}  // namespace mehr::dataplane
