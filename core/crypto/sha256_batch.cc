// The choice among the implementations, and their check against libcrypto.
#include "core/crypto/sha256_batch.h"

#include <cpuid.h>

#include <algorithm>
#include <array>

#include "core/base/assert.h"
#include "core/base/random.h"
#include "core/crypto/hash.h"
#include "core/crypto/sha2/blocks.h"
#include "core/wire/packet.h"

namespace mehr::crypto {
namespace {

constexpr std::size_t kLinkKeysSize = 64;  ///< data bytes of a link request that make its id

constexpr std::array<std::uint8_t, 16> kNibbles{0, 1, 2,  3,  4,  5,  6,  7,
                                                8, 9, 10, 11, 12, 13, 14, 15};

Sha256Message hashable(ByteView raw, std::size_t cut) {
  if (raw.empty()) return {};
  const std::size_t skip = (raw[0] & 0x40) != 0 ? 18 : 2;
  if (raw.size() < skip + cut) return {};
  return {&kNibbles[raw[0] & 0x0F], raw.data() + skip, 1,
          static_cast<std::uint32_t>(raw.size() - skip - cut)};
}

bool runs_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("bmi2");
}

bool runs_sha_ni() {
  // GCC 12 has no name for it that __builtin_cpu_supports would take.
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0 &&
         __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3");
}

}  // namespace

Sha256Message packet_hash_message(ByteView raw_packet) {
  return hashable(raw_packet, 0);
}

Sha256Message link_id_message(ByteView raw_request) {
  const bool two = !raw_request.empty() && (raw_request[0] & 0x40) != 0;
  const std::size_t keys_end = (two ? wire::kHeaderMax : wire::kHeaderMin) + kLinkKeysSize;
  return hashable(raw_request, raw_request.size() > keys_end ? raw_request.size() - keys_end : 0);
}

void Sha256Batch::hash(std::span<const Sha256Message> messages, std::span<Hash32> out) const {
  MEHR_ASSERT(messages.size() <= kSha256BatchMax && out.size() >= messages.size());
  static_assert(sizeof(Hash32) == 32);
  if (messages.empty()) return;
  std::uint8_t* to = out[0].bytes.data();
  if (lanes_ != nullptr) {
    lanes_(messages.data(), to, messages.size(), finish_, few_);
    return;
  }
  std::array<sha2::Stream, kSha256BatchMax> streams;
  for (std::size_t i = 0; i < messages.size(); ++i)
    streams[i] = sha2::stream_of(messages[i], to + 32 * i);
  finish_(streams.data(), messages.size());
}

// Sizes around every edge of the padding, seams at every place of a block, batches that fill the
// lanes once, several times and not quite.
bool Sha256Batch::agrees() const {
  Bytes text(1'024);
  SeededRandom random(1);
  random.fill(text);
  std::array<Sha256Message, kSha256BatchMax> messages;
  std::array<Hash32, kSha256BatchMax> out;
  for (std::size_t round = 0; round < 6; ++round) {
    const std::size_t count = kSha256BatchMax - round * 11;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t size = round == 0 ? 200 : (i * 37 + round * 59) % 300;
      const std::size_t seam = std::min(size, (i + round) % 70);
      const std::uint8_t* from = text.data() + i;
      messages[i] = {from, from + seam, static_cast<std::uint32_t>(seam),
                     static_cast<std::uint32_t>(size - seam)};
    }
    hash({messages.data(), count}, out);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t size = messages[i].first_size + messages[i].second_size;
      if (out[i] != crypto::sha256({messages[i].first, size})) return false;
    }
  }
  return true;
}

std::optional<Sha256Batch> Sha256Batch::of(Sha256Kernel kernel) {
  const bool ni = runs_sha_ni();
  const sha2::Finish finish = ni ? sha2::finish_sha_ni : sha2::finish_portable;
  std::optional<Sha256Batch> batch;
  switch (kernel) {
    case Sha256Kernel::kPortable:
      batch = Sha256Batch(kernel, nullptr, sha2::finish_portable, 0);
      break;
    case Sha256Kernel::kAvx2:
      if (!__builtin_cpu_supports("avx2")) return std::nullopt;
      batch = Sha256Batch(kernel, sha2::hash_avx2, sha2::finish_portable, 2);
      break;
    case Sha256Kernel::kShaNi:
      if (!ni) return std::nullopt;
      batch = Sha256Batch(kernel, nullptr, finish, 0);
      break;
    case Sha256Kernel::kAvx512:
      if (!runs_avx512()) return std::nullopt;
      // Measured: sixteen lanes take as long for a block as SHA instructions for eight.
      batch = Sha256Batch(kernel, sha2::hash_avx512, finish, ni ? 7 : 2);
      break;
  }
  if (!batch->agrees()) return std::nullopt;
  return batch;
}

Sha256Batch Sha256Batch::best() {
  for (const Sha256Kernel kernel :
       {Sha256Kernel::kAvx512, Sha256Kernel::kShaNi, Sha256Kernel::kAvx2}) {
    if (const auto batch = of(kernel)) return *batch;
  }
  const auto portable = of(Sha256Kernel::kPortable);
  MEHR_ASSERT(portable.has_value());
  return *portable;
}

}  // namespace mehr::crypto
