// Packets we sent and whose proof may still come. Matches proofs, checks their signature and tells
// the sender once; how long to wait for one is the sender's business. Bounded; when full, the
// oldest is forgotten. Reactor thread. Source: reticulum-wire §13.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <functional>

#include "controlplane/endpoint/context.h"

namespace mehr::endpoint {

/// A proof as it arrived.
struct ProofSeen {
  Duration rtt{};
  std::uint8_t hops = 0;
  std::size_t wire_bytes = 0;  ///< of the proof
  routing::SignalReport signal;
};

class Receipts {
 public:
  using Proved = std::function<void(const ProofSeen&)>;

  explicit Receipts(Context& context) : context_(context) {}

  /// @param verify_key Ed25519 of whoever must sign, 32 bytes
  void add(const Hash32& packet_hash, ByteView verify_key, Proved proved);
  /// A PROOF with context kNone, of a packet to a SINGLE destination or over a link.
  /// @return whether it proved something
  bool proof_arrived(const routing::Delivery& delivery);
  void tick();
  [[nodiscard]] std::size_t size() const { return open_.size(); }

 private:
  struct Receipt {
    Hash32 packet_hash;
    Hash32 verify_key;
    Time sent;
    Proved proved;
  };
  Context& context_;
  absl::flat_hash_map<Hash16, Receipt> open_;  ///< by truncated packet hash
  std::deque<std::pair<Time, Hash16>> order_;  ///< as sent, proved ones included
};

}  // namespace mehr::endpoint
