// Ask for all, then remember one by one.
#include "dataplane/stages/seen.h"

#include <algorithm>
#include <array>

#include "dataplane/flows.h"
#include "dataplane/stages/parse.h"

namespace mehr::dataplane {
namespace {

using border::Counter;

bool remembers(const Packet& packet) {
  return packet.fresh && !packet.link_proof && flow_kind(packet.flow) != FlowKind::kLocal;
}

}  // namespace

void drop_seen(std::span<Packet> packets, const PacketDigest& digest, const SeenFilter& filter) {
  std::array<std::uint64_t, kBurst> digests;
  std::array<std::uint8_t, kBurst> whose;
  std::size_t count = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    Packet& packet = packets[i];
    if (packet.fate != Fate::kPending || packet.exempt) continue;
    packet.digest = digest.of({packet.data, packet.size});
    packet.fresh = true;
    filter.fetch(packet.digest);
    digests[count] = packet.digest;
    whose[count++] = static_cast<std::uint8_t>(i);
  }
  std::uint64_t seen = filter.seen({digests.data(), count});
  for (; seen != 0; seen &= seen - 1) {
    Packet& packet = packets[whose[static_cast<unsigned>(__builtin_ctzll(seen))]];
    packet.fresh = false;
    drop(packet, Counter::kPacketDuplicate);
  }
}

void remember_seen(std::span<Packet> packets, SeenFilter& filter, SeenFilter::Claim& claim) {
  std::array<std::uint64_t, kBurst> asked;  // digests on links that the router decides about
  std::size_t asked_count = 0;
  for (Packet& packet : packets) {
    if (!remembers(packet)) continue;
    if (flow_kind(packet.flow) == FlowKind::kLink) {
      const auto earlier = asked.begin() + static_cast<std::ptrdiff_t>(asked_count);
      if (packet.fate == Fate::kPunt) {
        // The router sends it, or not; what it sends is remembered when it comes back.
        asked[asked_count++] = packet.digest;
        continue;
      }
      if (packet.fate == Fate::kDrop) {
        if (std::find(asked.begin(), earlier, packet.digest) != earlier) {
          packet.fate = Fate::kPunt;
        } else if (filter.seen(packet.digest)) {
          drop(packet, Counter::kPacketDuplicate);
        }
        continue;
      }
    }
    if (!filter.remember(packet.digest, claim)) drop(packet, Counter::kPacketDuplicate);
  }
}

void remember_sent(ByteView packet, const PacketDigest& digest, SeenFilter& filter,
                   SeenFilter::Claim& claim) {
  if (told_apart(packet)) filter.remember(digest.of(packet), claim);
}

}  // namespace mehr::dataplane
