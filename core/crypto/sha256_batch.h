// SHA-256 of many independent messages at once, for the packet hashes of a burst. Owns the choice
// of the implementation; the implementations are in core/crypto/sha2. The dataplane's stages call
// it; any thread. Pure, allocates nothing. For single messages hash.h is as good.
#pragma once

#include <optional>
#include <span>

#include "core/base/bytes.h"
#include "core/crypto/sha2/kernel.h"

namespace mehr::crypto {

/// Most messages one call takes.
inline constexpr std::size_t kSha256BatchMax = sha2::kMost;

/// A message in two pieces (`first`, `second` and their sizes), so that nothing need be copied
/// together.
using Sha256Message = sha2::Message;

/// What packet_hash hashes: low nibble of the flags, then all behind hop byte and transport id.
/// Points into `raw_packet`, which wire::decode_packet accepts, and into a constant.
Sha256Message packet_hash_message(ByteView raw_packet);
/// What link_id hashes. @param raw_request a LINKREQUEST packet
Sha256Message link_id_message(ByteView raw_request);

enum class Sha256Kernel : std::uint8_t { kPortable, kAvx2, kShaNi, kAvx512 };

/// One implementation, checked against libcrypto when it is obtained (less than 1 ms).
class Sha256Batch {
 public:
  /// The fastest that this processor runs and that passes its check.
  static Sha256Batch best();
  /// That one; nullopt when the processor cannot run it or it failed its check.
  static std::optional<Sha256Batch> of(Sha256Kernel kernel);

  /// Writes the digest of every message. Not constant time in the sizes.
  /// @param messages at most kSha256BatchMax, each below 2^32 - 128 bytes
  /// @param out as many
  void hash(std::span<const Sha256Message> messages, std::span<Hash32> out) const;

  [[nodiscard]] Sha256Kernel kernel() const { return kernel_; }

 private:
  Sha256Batch(Sha256Kernel kernel, sha2::HashInLanes lanes, sha2::Finish finish, unsigned few)
      : kernel_(kernel), lanes_(lanes), finish_(finish), few_(few) {}
  [[nodiscard]] bool agrees() const;

  Sha256Kernel kernel_;
  sha2::HashInLanes lanes_;  ///< null: every message by finish_
  sha2::Finish finish_;
  unsigned few_;  ///< so many messages finish_ hashes in less time than the lanes
};

}  // namespace mehr::crypto
