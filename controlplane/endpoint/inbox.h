// Incoming messages: decoding, duplicates, the sender's signature, handing over to the store, and
// the proof once the store has them. Bounded tables; stated at each constant in timing.h. Reactor
// thread. Source: spec/10 §2; LXMF 1.0.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <deque>
#include <variant>

#include "controlplane/endpoint/links.h"
#include "core/wire/lxmf.h"

namespace mehr::endpoint {

/// How a message came, which is how it is proved.
struct PacketOrigin {
  routing::InterfaceId from;
  Hash32 packet_hash;
  DestinationHash destination;  ///< of ours
};
struct LinkPacketOrigin {
  LinkId link;
  Hash32 packet_hash;
};
struct ResourceOrigin {
  LinkId link;
  wire::ResourceProof proof;
};
using Origin = std::variant<PacketOrigin, LinkPacketOrigin, ResourceOrigin>;

/// What is known of the transmission.
struct Arrival {
  Origin origin;
  MessageMethod method = MessageMethod::kNone;
  std::uint8_t hops = 0;
  std::size_t wire_bytes = 0;
  routing::SignalReport signal;
  std::optional<PublicIdentity> link_identity;  ///< who identified on the link
};

class Inbox {
 public:
  /// @param delivery our lxmf.delivery destination
  Inbox(Context& context, Peers& peers, Links& links, const DestinationHash& delivery);

  /// @param packed with the destination hash in front @return whether it was a message at all
  bool received(ByteView packed, Arrival arrival);
  void stored(const Hash32& id);
  /// The sender of messages we could not verify became known.
  void announce_heard(const routing::HeardAnnounce& heard);
  /// Sends the proof of a packet to a local destination.
  void prove_packet(const PacketOrigin& origin);
  void tick();
  [[nodiscard]] Time next_due() const;

 private:
  struct Unstored {
    Time since;
    std::vector<Origin> origins;
  };
  struct Unverified {
    Message message;
    Bytes material;
    Signature signature;
  };
  /// @return false when the sender is known and did not sign this
  bool verify(const wire::Lxmf& lxmf, Message& message, const Arrival& arrival);
  void prove(const Origin& origin);
  void remember(const Hash32& id);

  Context& context_;
  Peers& peers_;
  Links& links_;
  DestinationHash delivery_;
  absl::flat_hash_map<Hash32, Unstored> unstored_;
  std::deque<std::pair<Time, Hash32>> unstored_order_;
  absl::flat_hash_set<Hash32> recent_;
  std::deque<Hash32> recent_order_;
  std::deque<Unverified> unverified_;
};

}  // namespace mehr::endpoint
