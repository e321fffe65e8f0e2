// ChaCha20-Poly1305 (RFC 8439, 12-byte nonce) over many packets at once, each with its own key,
// nonce and lengths: the construction of aead.h for callers that hold a burst. Owns the choice of
// the implementation; the implementations are in core/crypto/batch. The dataplane's stages call it;
// any thread, each with a scratch of its own. Pure, allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/bytes.h"

namespace mehr::crypto {

/// Most jobs one call takes.
inline constexpr std::size_t kAeadBatchMax = 64;
inline constexpr std::size_t kAeadTag = 16;
/// Longest text of a job, in bytes.
inline constexpr std::size_t kAeadTextMax = std::size_t{1} << 20;

/// Key of one direction of a session. Lives where jobs point to while a call runs: one aligned load
/// takes it. Wiped when it goes.
struct alignas(32) AeadKey {
  std::array<std::uint8_t, 32> bytes{};

  AeadKey() = default;
  explicit AeadKey(const Hash32& key) : bytes(key.bytes) {}
  AeadKey(const AeadKey&) = default;
  AeadKey& operator=(const AeadKey&) = default;
  ~AeadKey();
};

/// One packet to seal or to open: one cache line. Pointers may have any alignment and may be null
/// where their size is 0.
struct alignas(64) AeadJob {
  const AeadKey* key = nullptr;
  const std::uint8_t* associated = nullptr;
  /// Text to seal, or sealed text without its tag.
  const std::uint8_t* in = nullptr;
  /// Equal to `in`, or `size` bytes that overlap nothing of this call.
  std::uint8_t* out = nullptr;
  /// 16 bytes: written by seal, read by open.
  std::uint8_t* tag = nullptr;
  std::uint32_t size = 0;             ///< of in and out, 0..kAeadTextMax
  std::uint32_t associated_size = 0;  ///< any; up to 32 is fast
  std::array<std::uint8_t, 12> nonce{};

  /// The nonce of hop frames: 4 zero bytes || counter, little endian. Never twice per key.
  void set_counter(std::uint64_t counter) {
    for (unsigned i = 0; i < 8; ++i)
      nonce[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
    nonce[0] = nonce[1] = nonce[2] = nonce[3] = 0;
  }
};
static_assert(sizeof(AeadJob) == 64 &&
              offsetof(AeadJob, associated_size) + 4 == offsetof(AeadJob, nonce));

/// Room a call works in, owned by the caller, one per thread. Holds no secret between calls.
struct alignas(64) AeadScratch {
  static constexpr std::size_t kSize = 24 * 1024;
  std::array<std::uint8_t, kSize> room;
};

enum class AeadKernel : std::uint8_t { kPortable, kAvx2, kAvx512 };

/// One implementation, checked against libsodium when it is obtained (some 10 ms).
class AeadBatch {
 public:
  /// The fastest that this processor runs and that passes its check.
  static AeadBatch best();
  /// That one; nullopt when the processor cannot run it or it failed its check.
  static std::optional<AeadBatch> of(AeadKernel kernel);

  /// Encrypts every job's text in place (or to `out`) and writes its tag.
  /// @param jobs at most kAeadBatchMax, no two writing the same bytes
  void seal(AeadScratch& scratch, std::span<const AeadJob> jobs) const;

  /// Checks every tag, in constant time, and decrypts those that fit.
  /// @return bit i is set when job i was genuine. Of the others `out` is left as it was: no
  ///         unauthenticated plaintext is ever written.
  [[nodiscard]] std::uint64_t open(AeadScratch& scratch, std::span<const AeadJob> jobs) const;

  [[nodiscard]] AeadKernel kernel() const { return kernel_; }

 private:
  using Seal = void (*)(AeadScratch&, const AeadJob*, std::size_t);
  using Open = std::uint64_t (*)(AeadScratch&, const AeadJob*, std::size_t);
  AeadBatch(AeadKernel kernel, Seal seals, Open opens)
      : kernel_(kernel), seal_(seals), open_(opens) {}

  AeadKernel kernel_;
  Seal seal_;
  Open open_;
};

}  // namespace mehr::crypto
