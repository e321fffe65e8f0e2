// Word by word, and a whole line at once where the processor has AVX2.
#include "dataplane/tables/seen_lines.h"

#include <atomic>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace mehr::dataplane {
namespace {

constexpr std::uint64_t kNumberMask = 0xF;
constexpr std::uint64_t kSpillMask = 0xF0;
constexpr unsigned kSpillShift = 4;
constexpr unsigned kDigestShift = 8;
/// Lines looked through at most. Half-empty lines chosen by a keyed digest never get there.
constexpr unsigned kFarthest = 64;

std::uint64_t read(const std::uint64_t& word) {
  return std::atomic_ref<std::uint64_t>(const_cast<std::uint64_t&>(word))
      .load(std::memory_order_relaxed);
}

bool change(std::uint64_t& word, std::uint64_t from, std::uint64_t to) {
  return std::atomic_ref<std::uint64_t>(word).compare_exchange_strong(from, to,
                                                                      std::memory_order_acq_rel);
}

std::uint64_t spill_of(std::uint64_t first_word) {
  return (first_word & kSpillMask) >> kSpillShift;
}

}  // namespace

SeenNumbers::SeenNumbers(std::uint64_t generation)
    : current(1 + generation % kCount), previous(1 + (generation + kCount - 1) % kCount) {
  free[0] = 0xFF;
  for (std::uint64_t age = 2; age <= 1 + kClearedWithin; ++age)
    free[1 + (generation + kCount - age) % kCount] = 0xFF;
}

bool SeenLines::look(std::uint64_t digest, const SeenNumbers& numbers) const {
  const std::uint64_t as_current = digest << kDigestShift | numbers.current;
  const std::uint64_t as_previous = digest << kDigestShift | numbers.previous;
  std::size_t at = home(digest);
  for (unsigned i = 0; i < kFarthest; ++i, at = after(at)) {
    const SeenLine& line = table[at];
    const std::uint64_t first = read(line.words[0]);
    const std::uint64_t without_spill = first & ~kSpillMask;
    bool found = without_spill == as_current || without_spill == as_previous;
    for (unsigned word = 1; word < SeenLine::kWords; ++word) {
      const std::uint64_t here = read(line.words[word]);
      found |= (here == as_current) | (here == as_previous);
    }
    if (found) return true;
    if (!numbers.holds(spill_of(first))) return false;
  }
  return false;
}

void SeenLines::put(std::uint64_t digest, const SeenNumbers& numbers) {
  std::size_t at = home(digest);
  for (unsigned i = 0; i < kFarthest; ++i, at = after(at)) {
    SeenLine& line = table[at];
    for (unsigned word = 0; word < SeenLine::kWords; ++word) {
      const std::uint64_t before = read(line.words[word]);
      if (numbers.free[before & kNumberMask] == 0) continue;
      const std::uint64_t spill = word == 0 ? before & kSpillMask : 0;
      if (change(line.words[word], before, digest << kDigestShift | spill | numbers.current))
        return;
    }
    // Full: whoever looks for this digest must go on, as long as it is remembered.
    std::uint64_t before = read(line.words[0]);
    while (
        spill_of(before) != numbers.current &&
        !change(line.words[0], before, (before & ~kSpillMask) | numbers.current << kSpillShift)) {
      before = read(line.words[0]);
    }
  }
}

void SeenLines::clear(std::size_t from, std::size_t to, const SeenNumbers& numbers) {
  const auto over = [&](std::uint64_t number) { return numbers.free[number] != 0; };
  for (std::size_t at = from; at < to; ++at) {
    for (std::uint64_t& word : table[at].words) {
      const std::uint64_t before = read(word);
      std::uint64_t after = before;
      if (&word == &table[at].words[0]) {
        if (over(spill_of(before))) after &= ~kSpillMask;
        if (over(before & kNumberMask)) after &= kSpillMask;
      } else if (over(before & kNumberMask)) {
        after = 0;
      }
      // When another worker was faster, it took the word for a new digest.
      if (after != before) change(word, before, after);
    }
  }
}

namespace {

std::uint64_t look_by_words(const SeenLines& lines, const SeenNumbers& numbers,
                            std::span<const std::uint64_t> digests) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < digests.size(); ++i)
    bits |= static_cast<std::uint64_t>(lines.look(digests[i], numbers)) << i;
  return bits;
}

SeenKernel::Taken take_by_words(const SeenLines&, const SeenNumbers&, std::uint64_t) {
  return SeenKernel::Taken::kUnsettled;
}

// Aligned words of a vector load are each read whole (as every x86 with AVX2 does), which is all
// that a relaxed load promises. The thread sanitizer cannot know that.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define MEHR_AVX2 __attribute__((target("avx2,bmi"), always_inline)) inline
#define MEHR_AVX2_ENTRY __attribute__((target("avx2,bmi")))

/// One line and what is asked of it.
struct LineView {
  __m256i low, high;

  MEHR_AVX2 explicit LineView(const SeenLine& line)
      : low(_mm256_load_si256(reinterpret_cast<const __m256i*>(line.words))),
        high(_mm256_load_si256(reinterpret_cast<const __m256i*>(line.words + 4))) {}

  /// Every bit set where the word is that digest of one of both generations.
  [[nodiscard]] MEHR_AVX2 bool has(std::uint64_t digest, const SeenNumbers& numbers) const {
    const auto as_current = static_cast<long long>(digest << kDigestShift | numbers.current);
    const auto as_previous = static_cast<long long>(digest << kDigestShift | numbers.previous);
    const __m256i current = _mm256_set1_epi64x(as_current);
    const __m256i previous = _mm256_set1_epi64x(as_previous);
    const __m256i first =
        _mm256_andnot_si256(_mm256_set_epi64x(0, 0, 0, static_cast<long long>(kSpillMask)), low);
    const __m256i found = _mm256_or_si256(
        _mm256_or_si256(_mm256_cmpeq_epi64(first, current), _mm256_cmpeq_epi64(first, previous)),
        _mm256_or_si256(_mm256_cmpeq_epi64(high, current), _mm256_cmpeq_epi64(high, previous)));
    return _mm256_testz_si256(found, found) == 0;
  }

  /// Bit i: word i is free.
  [[nodiscard]] MEHR_AVX2 unsigned free(const SeenNumbers& numbers) const {
    const __m256i table = _mm256_broadcastsi128_si256(
        _mm_load_si128(reinterpret_cast<const __m128i*>(numbers.free.data())));
    const __m256i number = _mm256_set1_epi64x(static_cast<long long>(kNumberMask));
    // The lowest byte of each word asks the table; its answer goes to the sign.
    const __m256i one =
        _mm256_slli_epi64(_mm256_shuffle_epi8(table, _mm256_and_si256(low, number)), 56);
    const __m256i two =
        _mm256_slli_epi64(_mm256_shuffle_epi8(table, _mm256_and_si256(high, number)), 56);
    return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(one))) |
           static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(two))) << 4;
  }

  [[nodiscard]] MEHR_AVX2 std::uint64_t first_word() const {
    return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm256_castsi256_si128(low)));
  }
};

MEHR_AVX2_ENTRY std::uint64_t look_by_lines(const SeenLines& lines, const SeenNumbers& numbers,
                                            std::span<const std::uint64_t> digests) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < digests.size(); ++i) {
    const LineView line(lines.table[lines.home(digests[i])]);
    bool found = line.has(digests[i], numbers);
    if (!found && numbers.holds(spill_of(line.first_word()))) {
      found = lines.look(digests[i], numbers);
    }
    bits |= static_cast<std::uint64_t>(found) << i;
  }
  return bits;
}

MEHR_AVX2_ENTRY SeenKernel::Taken take_by_lines(const SeenLines& lines, const SeenNumbers& numbers,
                                                std::uint64_t digest) {
  SeenLine& home = lines.table[lines.home(digest)];
  const LineView line(home);
  if (line.has(digest, numbers)) return SeenKernel::Taken::kSeen;
  const unsigned free = line.free(numbers);
  if (free == 0 || numbers.holds(spill_of(line.first_word()))) return SeenKernel::Taken::kUnsettled;
  const auto at = static_cast<unsigned>(__builtin_ctz(free));
  const std::uint64_t before = read(home.words[at]);
  // Taken meanwhile, perhaps for this very digest.
  if (numbers.free[before & kNumberMask] == 0) return SeenKernel::Taken::kUnsettled;
  const std::uint64_t spill = at == 0 ? before & kSpillMask : 0;
  return change(home.words[at], before, digest << kDigestShift | spill | numbers.current)
             ? SeenKernel::Taken::kNew
             : SeenKernel::Taken::kUnsettled;
}
#endif

}  // namespace

SeenKernel SeenKernel::by_words() {
  return {look_by_words, take_by_words};
}

SeenKernel SeenKernel::best() {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
    return {look_by_lines, take_by_lines};
#endif
  return by_words();
}

}  // namespace mehr::dataplane
