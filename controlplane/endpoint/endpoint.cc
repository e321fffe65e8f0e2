// Puts the parts together: sorts what the router delivers, spreads events, and works out when the
// next thing is due. Decisions are in the parts.
#include "controlplane/endpoint/endpoint.h"

#include <algorithm>

#include "controlplane/endpoint/destinations.h"
#include "controlplane/endpoint/inbox.h"
#include "controlplane/endpoint/outbox.h"
#include "controlplane/endpoint/pings.h"
#include "controlplane/endpoint/stretches.h"
#include "core/wire/lxmf.h"

namespace mehr::endpoint {

using border::Counter;
using wire::PacketType;

class Endpoint::Impl {
 public:
  Impl(EndpointConfig config, routing::Router& router, signer::Signer& signer, EndpointSink& sink,
       Random& random, border::Counters& counters, std::function<UnixTime()> wall)
      : context_{std::move(config), router, signer, sink, random, counters, std::move(wall)} {}

  /// Runs `work` at `now`, then clears away links that ended meanwhile. A sink may call the
  /// endpoint from inside a call (a store that is done at once); links then stay until the outer
  /// one ends.
  template <typename Work>
  void run(Time now, Work work) {
    context_.now = now;
    context_.stirred = true;
    ++depth_;
    work();
    while (depth_ == 1 && links_.sweep()) {
    }
    --depth_;
  }

  void deliver(const routing::Delivery& delivery) {
    const wire::Packet& packet = delivery.packet;
    if (packet.destination_type == wire::DestinationType::kLink) {
      return links_.packet_arrived(delivery);
    }
    const bool delivery_destination = destinations_.is_delivery(packet.destination);
    const bool single = packet.destination_type == wire::DestinationType::kSingle;
    switch (packet.packet_type) {
      case PacketType::kProof:
        receipts_.proof_arrived(delivery);
        return;
      case PacketType::kLinkRequest:
        if (single && delivery_destination) return links_.request_arrived(delivery);
        if (single && stretches_.is_hop(packet.destination)) {
          return stretches_.request_arrived(delivery);
        }
        break;
      case PacketType::kData:
        if (single && delivery_destination) return message_packet(delivery);
        if (single && destinations_.is_probe(packet.destination)) return probe_packet(delivery);
        break;
      case PacketType::kAnnounce:
        break;
    }
    context_.count(Counter::kEndpointUnwanted);
  }

  void tick() {
    destinations_.tick();
    receipts_.tick();
    inbox_.tick();
    links_.tick();
    outbox_.tick();
    pings_.tick();
  }

  Time next_due() {
    if (context_.stirred) {
      due_ = std::min({destinations_.next_due(), inbox_.next_due(), links_.next_due(),
                       outbox_.next_due(), pings_.next_due()});
      context_.stirred = false;
    }
    return due_;
  }

 private:
  void message_packet(const routing::Delivery& delivery) {
    Arrival arrival{PacketOrigin{delivery.from, delivery.hash, delivery.packet.destination},
                    MessageMethod::kOpportunistic,
                    delivery.packet.hops,
                    delivery.raw.size(),
                    delivery.signal,
                    std::nullopt};
    context_.open(delivery.packet.data,
                  [this, arrival = std::move(arrival)](const Bytes& plaintext) {
                    const PacketOrigin origin = std::get<PacketOrigin>(arrival.origin);
                    const Bytes packed = concat({destinations_.delivery().view(), plaintext});
                    if (inbox_.received(packed, arrival)) return;
                    // Too short for any message: somebody pings this address.
                    if (packed.size() < wire::kLxmfSmallest) return answer_probe(origin);
                    context_.count(Counter::kMessageMalformed);
                  });
  }

  void probe_packet(const routing::Delivery& delivery) {
    context_.open(delivery.packet.data, [this, origin = PacketOrigin{delivery.from, delivery.hash,
                                                                     delivery.packet.destination}](
                                            const Bytes&) { answer_probe(origin); });
  }

  void answer_probe(const PacketOrigin& origin) {
    context_.count(Counter::kEndpointProbesAnswered);
    inbox_.prove_packet(origin);
  }

  void link_message(Link& link, ByteView packed, Origin origin, MessageMethod method,
                    std::size_t wire_bytes) {
    const bool named = !link.initiator() && link.peer_identity();
    Arrival arrival{std::move(origin), method,        link.hops(),
                    wire_bytes,        link.signal(), named ? link.peer_identity() : std::nullopt};
    if (context_.config.messages && inbox_.received(packed, std::move(arrival))) return;
    context_.count(Counter::kMessageMalformed);
  }

  LinkHooks hooks() {
    LinkHooks hooks;
    hooks.established = [this](Link& link) {
      if (!stretches_.link_up(link)) outbox_.link_established(link);
    };
    hooks.accepted = [this](Link& link) { stretches_.link_up(link); };
    hooks.closed = [this](const LinkId& id) {
      if (!stretches_.link_closed(id)) outbox_.link_closed(id);
    };
    hooks.packet = [this](Link& link, const Bytes& plaintext, const routing::Delivery& delivery) {
      if (stretches_.packet(link, plaintext)) return;
      link_message(link, plaintext, LinkPacketOrigin{link.id(), delivery.hash},
                   MessageMethod::kLink, delivery.raw.size());
    };
    hooks.transfers.received = [this](Link& link, const Bytes& data,
                                      const wire::ResourceProof& proof, std::size_t wire_bytes) {
      link_message(link, data, ResourceOrigin{link.id(), proof}, MessageMethod::kResource,
                   wire_bytes);
    };
    hooks.transfers.sent = [this](const Hash32& token, TransferOutcome outcome,
                                  std::size_t wire_bytes) {
      outbox_.transferred(token, outcome, wire_bytes);
    };
    return hooks;
  }

 public:
  Context context_;
  Destinations destinations_{context_};
  Peers peers_{context_};
  Receipts receipts_{context_};
  Links links_{context_, peers_, receipts_, hooks()};
  Stretches stretches_{context_, destinations_, peers_, links_};
  Inbox inbox_{context_, peers_, links_, destinations_.delivery()};
  Outbox outbox_{context_, peers_, links_, receipts_};
  Pings pings_{context_, peers_, receipts_};

 private:
  Time due_ = Time::min();
  int depth_ = 0;
};

Endpoint::Endpoint(EndpointConfig config, routing::Router& router, signer::Signer& signer,
                   EndpointSink& sink, Random& random, border::Counters& counters,
                   std::function<UnixTime()> wall)
    : impl_(std::make_unique<Impl>(std::move(config), router, signer, sink, random, counters,
                                   std::move(wall))) {}

Endpoint::~Endpoint() = default;

void Endpoint::deliver(const routing::Delivery& delivery, Time now) {
  impl_->run(now, [&] { impl_->deliver(delivery); });
}

void Endpoint::announce_heard(const routing::HeardAnnounce& heard, Time now) {
  impl_->run(now, [&] {
    if (impl_->destinations_.heard_own(heard)) return;
    impl_->peers_.announce_heard(heard);
    impl_->inbox_.announce_heard(heard);
    impl_->outbox_.announce_heard(heard);
    impl_->pings_.announce_heard(heard.destination);
    impl_->stretches_.announce_heard(heard);
  });
}

void Endpoint::announce_wanted(const DestinationHash& destination, routing::InterfaceId interface,
                               Time now) {
  impl_->run(now, [&] { impl_->destinations_.wanted(destination, interface); });
}

void Endpoint::interface_up(routing::InterfaceId id, Time now) {
  impl_->run(now, [&] { impl_->destinations_.interface_up(id); });
}

void Endpoint::interface_down(routing::InterfaceId id, Time now) {
  impl_->run(now, [&] {
    impl_->destinations_.interface_down(id);
    impl_->links_.interface_down(id);
  });
}

void Endpoint::restore_emission(const DestinationHash& destination, UnixTime emitted) {
  impl_->destinations_.restore_emission(destination, emitted);
}

void Endpoint::tick(Time now) {
  impl_->run(now, [&] { impl_->tick(); });
}

Time Endpoint::next_due() const {
  return impl_->next_due();
}

void Endpoint::carry_stretches(StretchEvents& events, bool accept, Time now) {
  impl_->run(now, [&] { impl_->stretches_.carry(events, accept); });
}

void Endpoint::forget_stretches(StretchEvents& events, Time now) {
  impl_->run(now, [&] { impl_->stretches_.forget(events); });
}

std::optional<LinkId> Endpoint::open_stretch(const DestinationHash& destination, bool fresh,
                                             Time now) {
  std::optional<LinkId> id;
  impl_->run(now, [&] { id = impl_->stretches_.open(destination, fresh); });
  return id;
}

bool Endpoint::send_stretch(const LinkId& link, ByteView datagram, Time now) {
  bool sent = false;
  impl_->run(now, [&] { sent = impl_->stretches_.send(link, datagram); });
  return sent;
}

void Endpoint::close_stretch(const LinkId& link, Time now) {
  impl_->run(now, [&] { impl_->stretches_.close(link); });
}

void Endpoint::close_stretches(Time now) {
  impl_->run(now, [&] { impl_->stretches_.close_all(); });
}

void Endpoint::announce(Time now) {
  impl_->run(now, [&] { impl_->destinations_.announce(); });
}

void Endpoint::adjust(Duration announce_interval, std::size_t max_message_bytes, Time now) {
  impl_->run(now, [&] {
    EndpointConfig& config = impl_->context_.config;
    config.max_message_bytes = max_message_bytes;
    if (config.announce_interval == announce_interval) return;
    config.announce_interval = announce_interval;
    impl_->destinations_.interval_changed();
  });
}

Result<Message> Endpoint::send_message(const DestinationHash& destination, std::string title,
                                       std::string content, Time now) {
  if (!impl_->context_.config.messages) {
    return absl::FailedPreconditionError("messages are turned off in the configuration");
  }
  Result<Message> result = absl::InternalError("not run");
  impl_->run(now, [&] {
    result = impl_->outbox_.send(impl_->destinations_.delivery(), destination, std::move(title),
                                 std::move(content));
  });
  return result;
}

void Endpoint::resume_message(Message message, Time now) {
  impl_->run(now, [&] { impl_->outbox_.resume(std::move(message)); });
}

void Endpoint::message_stored(const Hash32& id, Time now) {
  impl_->run(now, [&] { impl_->inbox_.stored(id); });
}

void Endpoint::ping(const DestinationHash& destination, std::size_t payload_bytes, Duration timeout,
                    std::function<void(const PingResult&)> done, Time now) {
  impl_->run(now,
             [&] { impl_->pings_.start(destination, payload_bytes, timeout, std::move(done)); });
}

std::vector<LocalDestination> Endpoint::local_destinations() const {
  return impl_->destinations_.list();
}

std::size_t Endpoint::open_links() const {
  return impl_->links_.open();
}

std::string Endpoint::peer_name(const DestinationHash& destination) const {
  return impl_->peers_.name(destination);
}

}  // namespace mehr::endpoint
