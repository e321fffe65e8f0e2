// What the batch AEAD does to memory: nothing beyond its buffers (they end and begin at guard
// pages), nothing where it has no business, no secret left in the scratch.
#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <unordered_set>

#include "core/base/random.h"
#include "core/crypto/aead_batch.h"

namespace mehr::crypto {
namespace {

constexpr AeadKernel kKernels[] = {AeadKernel::kPortable, AeadKernel::kAvx2, AeadKernel::kAvx512};

/// Memory between two pages nobody may touch.
class Guarded {
 public:
  explicit Guarded(std::size_t room) {
    page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    room_ = (room + page_ - 1) / page_ * page_;
    map_ = static_cast<std::uint8_t*>(mmap(nullptr, room_ + 2 * page_, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_EQ(mprotect(map_, page_, PROT_NONE), 0);
    EXPECT_EQ(mprotect(map_ + page_ + room_, page_, PROT_NONE), 0);
  }
  ~Guarded() { munmap(map_, room_ + 2 * page_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  [[nodiscard]] std::uint8_t* first() const { return map_ + page_; }
  /// `size` bytes right before the upper guard.
  [[nodiscard]] std::uint8_t* last(std::size_t size) const { return map_ + page_ + room_ - size; }
  [[nodiscard]] MutableByteView all() const { return {first(), room_}; }

 private:
  std::size_t page_ = 0;
  std::size_t room_ = 0;
  std::uint8_t* map_ = nullptr;
};

/// Each packet's text, associated data and tag at the end, or the start, of guarded memory.
void check_edges(const AeadBatch& batch, std::span<const std::uint32_t> sizes, bool at_end) {
  SeededRandom random(sizes.size());
  auto scratch = std::make_unique<AeadScratch>();
  std::vector<std::unique_ptr<Guarded>> memory;
  std::vector<AeadKey> keys(sizes.size());
  std::vector<AeadJob> jobs(sizes.size());
  std::vector<Bytes> plain(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto place = [&](std::size_t size) {
      memory.push_back(std::make_unique<Guarded>(size + 1));
      std::uint8_t* at = at_end ? memory.back()->last(size) : memory.back()->first();
      random.fill({at, size});
      return at;
    };
    AeadJob& job = jobs[i];
    job.key = &keys[i];
    random.fill(keys[i].bytes);
    job.size = sizes[i];
    job.associated_size = static_cast<std::uint32_t>(random.below(33));
    job.associated = place(job.associated_size);
    job.out = place(job.size);
    job.in = job.out;
    job.tag = place(16);
    plain[i].assign(job.in, job.in + job.size);
  }
  batch.seal(*scratch, jobs);
  ASSERT_EQ(batch.open(*scratch, jobs), ~std::uint64_t{0} >> (64 - sizes.size()));
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    ASSERT_TRUE(std::equal(plain[i].begin(), plain[i].end(), jobs[i].in));
  }
}

TEST(AeadBatchMemory, GuardPages) {
  SeededRandom random(9);
  for (const AeadKernel kernel : kKernels) {
    const auto batch = AeadBatch::of(kernel);
    if (!batch) continue;
    for (const bool at_end : {true, false}) {
      for (std::uint32_t size = 0; size < 300; size += 3) {
        const std::array<std::uint32_t, 1> one{size};
        ASSERT_NO_FATAL_FAILURE(check_edges(*batch, one, at_end));
      }
      for (int round = 0; round < 20; ++round) {
        std::vector<std::uint32_t> sizes(1 + random.below(kAeadBatchMax));
        const std::uint64_t longest = round % 2 == 0 ? 200 : 2500;
        for (auto& size : sizes)
          size = static_cast<std::uint32_t>(random.below(longest));
        ASSERT_NO_FATAL_FAILURE(check_edges(*batch, sizes, at_end));
      }
    }
  }
}

TEST(AeadBatchMemory, BetweenTwoBuffersAndNowhereElse) {
  SeededRandom random(10);
  for (const AeadKernel kernel : kKernels) {
    const auto batch = AeadBatch::of(kernel);
    if (!batch) continue;
    auto scratch = std::make_unique<AeadScratch>();
    for (std::size_t round = 0; round < 60; ++round) {
      const std::size_t count = 1 + random.below(kAeadBatchMax);
      Bytes from(count * 2000), to(count * 2000, 0xee);
      random.fill(from);
      const Bytes before = from;
      std::vector<AeadKey> keys(count);
      std::vector<AeadJob> jobs(count);
      Bytes expected = to;
      for (std::size_t i = 0; i < count; ++i) {
        random.fill(keys[i].bytes);
        const std::size_t at = i * 2000 + random.below(100);
        const auto size = static_cast<std::uint32_t>(random.below(round % 2 == 0 ? 100 : 1800));
        jobs[i] = {&keys[i], nullptr, &from[at], &to[at], &to[at + size], size, 0, {}};
        crypto_aead_chacha20poly1305_ietf_encrypt(&expected[at], nullptr, &from[at], size, nullptr,
                                                  0, nullptr, jobs[i].nonce.data(),
                                                  keys[i].bytes.data());
      }
      batch->seal(*scratch, jobs);
      ASSERT_EQ(from, before);
      ASSERT_EQ(to, expected);
      std::fill(from.begin(), from.end(), std::uint8_t{0});
      for (AeadJob& job : jobs) {
        job.out = from.data() + (job.in - from.data());
        job.in = to.data() + (job.out - from.data());
      }
      ASSERT_EQ(batch->open(*scratch, jobs), ~std::uint64_t{0} >> (64 - count));
      ASSERT_EQ(to, expected);
      for (const AeadJob& job : jobs) {
        const auto at = job.out - from.data();
        ASSERT_TRUE(std::equal(job.out, job.out + job.size, before.begin() + at));
      }
    }
  }
}

/// The aligned 4-byte words of some memory.
std::unordered_set<std::uint32_t> words_of(ByteView memory) {
  std::unordered_set<std::uint32_t> words;
  ByteReader reader(memory);
  while (reader.remaining() >= 4)
    words.insert(reader.u32_le());
  words.erase(0);  // what is wiped
  return words;
}

bool any_of(const std::unordered_set<std::uint32_t>& words, ByteView secret) {
  ByteReader reader(secret);
  while (reader.remaining() >= 4) {
    if (words.contains(reader.u32_le())) return true;
  }
  return false;
}

TEST(AeadBatchMemory, NoSecretStays) {
  SeededRandom random(11);
  for (const AeadKernel kernel : kKernels) {
    const auto batch = AeadBatch::of(kernel);
    if (!batch) continue;
    for (const std::size_t count : {1U, 3U, 9U, 17U, 33U, 64U}) {
      for (const std::uint32_t size : {20U, 200U, 1500U}) {
        auto scratch = std::make_unique<AeadScratch>();
        std::vector<AeadKey> keys(count);
        std::vector<Bytes> text(count, Bytes(size + 16));
        std::vector<AeadJob> jobs(count);
        for (std::size_t i = 0; i < count; ++i) {
          random.fill(keys[i].bytes);
          jobs[i] = {&keys[i], nullptr, text[i].data(), text[i].data(), &text[i][size], size,
                     0,        {}};
        }
        for (const bool open : {false, true}) {
          std::fill(scratch->room.begin(), scratch->room.end(), std::uint8_t{0});
          if (open) {
            text[0][0] ^= 1;  // its expected tag and early key stream are secrets too
            EXPECT_EQ(batch->open(*scratch, jobs), (~std::uint64_t{0} >> (64 - count)) - 1);
          } else {
            batch->seal(*scratch, jobs);
          }
          const auto left = words_of(scratch->room);
          for (std::size_t i = 0; i < count; i += 1 + count / 3) {
            Bytes stream(64 + size);  // one-time key, then the key stream of the text
            crypto_stream_chacha20_ietf(stream.data(), stream.size(), jobs[i].nonce.data(),
                                        keys[i].bytes.data());
            EXPECT_FALSE(any_of(left, keys[i].bytes));
            EXPECT_FALSE(any_of(left, stream));
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace mehr::crypto
