// The packet filter: which packets are let in at all, and the memory of those already seen. Owns
// the two generations of packet hashes; knows no other table. Called by the router for every
// packet.
//
// Bound: two generations of RouterLimits::packet_hashes_per_generation; when the current one is
// full it becomes the previous one and the oldest is forgotten. Source: reticulum-wire §11.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstdint>

#include "core/base/bytes.h"
#include "core/wire/packet.h"

namespace mehr::routing {

/// What the filter says before any hash is looked up.
enum class FilterVerdict : std::uint8_t {
  kAccept,          ///< no duplicate check for this kind
  kAcceptIfUnseen,  ///< the packet hash decides
  kOtherTransport,  ///< header type 2 addressed to another transport node
  kPlainHops,       ///< PLAIN or GROUP that travelled, or an announce of that type
};

/// @param packet hops already counted for our reception
FilterVerdict filter_packet(const wire::Packet& packet, const IdentityHash& own_transport);

/// True for contexts that repeat legitimately (resource parts, keepalives, channel, ...).
bool exempt_from_duplicates(wire::Context context);

class PacketHashes {
 public:
  explicit PacketHashes(std::size_t per_generation) : per_generation_(per_generation) {}

  [[nodiscard]] bool seen(const Hash32& hash) const {
    return current_.contains(hash) || previous_.contains(hash);
  }
  void remember(const Hash32& hash);
  [[nodiscard]] std::size_t size() const { return current_.size() + previous_.size(); }

 private:
  std::size_t per_generation_;
  absl::flat_hash_set<Hash32> current_;
  absl::flat_hash_set<Hash32> previous_;
};

}  // namespace mehr::routing
