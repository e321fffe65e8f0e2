// Hash all, fetch all lines, then packet by packet.
#include "dataplane/stages/reverse.h"

#include <array>
#include <cstring>

#include "core/wire/packet.h"
#include "dataplane/flows.h"

namespace mehr::dataplane {
namespace {

using border::Counter;

bool leaves_entry(const Packet& packet) {
  return packet.fate == Fate::kForward && flow_kind(packet.flow) == FlowKind::kPath;
}

bool is_proof(const Packet& packet) {
  return packet.fate == Fate::kPending && packet.kind == Kind::kProof;
}

void relay_proof(Packet& packet, ReverseTable& table) {
  if (packet.hops >= wire::kMaxHops) {
    // Rare, so it may ask twice: the entry stays.
    Hash16 key;
    std::memcpy(key.bytes.data(), packet.destination, key.bytes.size());
    const ReverseEntry entry = table.find(key);
    if (entry == ReverseEntry{}) {
      packet.fate = Fate::kPunt;
    } else {
      drop(packet, entry.outbound == packet.from ? Counter::kPacketHopLimit
                                                 : Counter::kProofWrongInterface);
    }
    return;
  }
  NeighbourIndex received = kNoNeighbour;
  switch (table.spend(packet.destination, packet.from, received)) {
    case Spend::kUnknown:
      packet.fate = Fate::kPunt;
      return;
    case Spend::kOtherNeighbour:
      return drop(packet, Counter::kProofWrongInterface);
    case Spend::kSpent:
      packet.data[1] = packet.hops;
      packet.fate = Fate::kForward;
      packet.to = received;
      packet.reason = Counter::kProofRelayed;
  }
}

}  // namespace

void reverse(std::span<Packet> packets, ReverseTable& table, const crypto::Sha256Batch& sha256) {
  std::array<crypto::Sha256Message, kBurst> messages;
  std::array<Hash32, kBurst> hashes;
  std::size_t count = 0;
  bool proofs = false;
  for (const Packet& packet : packets) {
    if (leaves_entry(packet)) {
      messages[count++] = crypto::packet_hash_message({packet.data, packet.size});
    } else if (is_proof(packet)) {
      proofs = true;
      table.prefetch(packet.destination);
    }
  }
  if (count == 0 && !proofs) return;
  sha256.hash({messages.data(), count}, {hashes.data(), count});
  for (std::size_t i = 0; i < count; ++i)
    table.prefetch(hashes[i].bytes.data());
  std::size_t next = 0;
  for (Packet& packet : packets) {
    if (leaves_entry(packet)) {
      Hash16 key;
      std::memcpy(key.bytes.data(), hashes[next++].bytes.data(), key.bytes.size());
      table.remember(key, {packet.from, packet.to});
    } else if (is_proof(packet)) {
      relay_proof(packet, table);
    }
  }
}

}  // namespace mehr::dataplane
