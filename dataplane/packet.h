// What the stages know of one mesh packet on its way through a burst: one cache line beside its
// bytes. Owns no bytes; they lie in the frame the packet came in until it is sealed into another.
// One worker.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/border/counters.h"
#include "dataplane/tables/neighbour_index.h"

namespace mehr::dataplane {

/// Most packets of one burst through the stages; rx takes at most as many frames.
inline constexpr std::size_t kBurst = 64;

enum class Fate : std::uint8_t {
  kPending,  ///< the next stage decides
  kForward,  ///< to `to`
  kPunt,     ///< the control plane decides
  kDrop,     ///< `reason` says why
  kHeld,     ///< waits for its port; comes again as kForward
};

/// What the header says the packet is, as far as forwarding cares.
enum class Kind : std::uint8_t {
  kControl,    ///< announces, PLAIN and GROUP, link requests, link proofs: the control plane's
  kTransport,  ///< header type 2 to us: along a path, or on a link
  kProof,      ///< header type 1 proof: back where its packet came from, or on a link
  kDirect,     ///< header type 1 data: on a link, or local
};

struct alignas(64) Packet {
  std::uint8_t* data = nullptr;               ///< flags byte; rewritten in place, 16 bytes may go
  const std::uint8_t* destination = nullptr;  ///< 16 bytes within data
  std::uint64_t digest = 0;                   ///< keyed, of the invariant part
  std::uint32_t flow = 0;                     ///< value in the flow table
  std::uint16_t size = 0;                     ///< bytes of data
  std::uint16_t frame = 0;                    ///< index of the frame within the burst
  NeighbourIndex from = kNoNeighbour, to = kNoNeighbour;
  border::Counter reason{};               ///< of a drop; of a forward what it counts as
  std::uint8_t hop_class = 0, price = 0;  ///< as in the record
  Kind kind = Kind::kControl;
  Fate fate = Fate::kPending;
  bool exempt = false;      ///< from the duplicate filter
  bool fresh = false;       ///< asked the duplicate filter and was not there
  bool link_proof = false;  ///< answer to a link request
  bool link_typed = false;  ///< destination type LINK
  std::uint8_t hops = 0;    ///< our reception counted
};
static_assert(sizeof(Packet) == 64);

inline void drop(Packet& packet, border::Counter reason) {
  packet.fate = Fate::kDrop;
  packet.reason = reason;
}

}  // namespace mehr::dataplane
