// This host as a Reticulum endpoint: its own destinations (LXMF delivery, probe responder, hop
// links), links, resources, messages and pings. Pure: events and the time in, router calls and sink
// calls out. Reactor thread. Source: reticulum-wire §4..§6, §13, §14, §16..§18, §29; spec/10 §2
// (LXMF).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/endpoint/stretch.h"
#include "controlplane/routing/router.h"
#include "controlplane/signer/signer.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/border/counters.h"

namespace mehr::endpoint {

enum class MessageState : std::uint8_t {
  kQueued,     ///< waiting for a path or a link
  kSent,       ///< on its way, proof not yet seen
  kDelivered,  ///< the receiver's proof verified
  kFailed,     ///< gave up; `reason` says why
  kReceived,   ///< incoming
};
enum class MessageMethod : std::uint8_t { kNone, kOpportunistic, kLink, kResource };

/// An LXMF message, incoming or outgoing. Message id = SHA-256 as LXMF defines it.
struct Message {
  Hash32 id;
  bool incoming = false;
  DestinationHash source, destination;
  std::string title, content;  ///< UTF-8 by convention, any bytes in fact
  Bytes fields;                ///< msgpack map as received; empty map when sent by us
  double timestamp = 0;        ///< sender's Unix seconds
  MessageState state = MessageState::kQueued;
  MessageMethod method = MessageMethod::kNone;
  std::string reason;               ///< of a failure
  bool signature_verified = false;  ///< incoming: sender known and signature good
  std::uint8_t hops = 0;
  std::uint32_t attempts = 0;
  std::optional<double> rtt_ms;  ///< first transmission of the proved attempt to proof
  std::size_t wire_bytes = 0;    ///< size of the packet (opportunistic) or sum over link packets
  routing::SignalReport signal;  ///< incoming over a radio
};

struct PingResult {
  bool answered = false;
  std::string reason;  ///< when not answered: no path, timeout
  std::uint8_t hops = 0;
  double rtt_ms = 0;
  std::size_t wire_bytes = 0;
  routing::SignalReport signal;  ///< of the proof, as our radio heard it
};

/// A destination of this host.
struct LocalDestination {
  DestinationHash hash;
  std::string full_name;  ///< "lxmf.delivery", "rnstransport.probe", "mehr.hop"
  std::optional<Time> announced;
};

class EndpointSink {
 public:
  virtual ~EndpointSink() = default;
  /// Make an incoming message durable, then call Endpoint::message_stored(): only then is it proved
  /// to the sender. May be called again for a message whose proof was lost.
  virtual void message_received(const Message& message) = 0;
  /// State of an outgoing message changed; make it durable.
  virtual void message_changed(const Message& message) = 0;
  /// An announce of ours bears this time: remember it, for restore_emission() after a restart.
  virtual void announced(const DestinationHash& destination, UnixTime emitted) = 0;
};

struct EndpointConfig {
  std::string display_name;  ///< in LXMF announces
  bool messages = true;
  bool respond_to_probes = true;
  Duration announce_interval{};  ///< zero = only on request
  std::size_t max_message_bytes = 1'048'576;
  std::size_t max_links = 256;
  std::size_t max_outbound_messages = 1'024;
};

class Endpoint {
 public:
  /// All references must outlive the endpoint. `wall` gives the Unix time for announces and
  /// messages.
  Endpoint(EndpointConfig config, routing::Router& router, signer::Signer& signer,
           EndpointSink& sink, Random& random, border::Counters& counters,
           std::function<UnixTime()> wall);
  ~Endpoint();

  // --- from the router (through the daemon; never from inside a router call's own sink) ---
  void deliver(const routing::Delivery& delivery, Time now);
  void announce_heard(const routing::HeardAnnounce& heard, Time now);
  void announce_wanted(const DestinationHash& destination, routing::InterfaceId interface,
                       Time now);
  void interface_up(routing::InterfaceId id, Time now);
  void interface_down(routing::InterfaceId id, Time now);
  void tick(Time now);
  [[nodiscard]] Time next_due() const;

  // --- links that carry hop frames across plain Reticulum nodes ---
  /// Tells of them from now on. @param accept announce a destination for such links
  void carry_stretches(StretchEvents& events, bool accept, Time now);
  /// All such links end and none is taken any more, unless others carry them by now.
  void forget_stretches(StretchEvents& events, Time now);
  /// Asks for a link; StretchEvents says what becomes of it. @param destination a mehr.hop one
  /// @param fresh forget the path first: what it leads to did not answer
  /// @return nullopt when nothing could be sent: no path yet (which is asked for), no room
  std::optional<LinkId> open_stretch(const DestinationHash& destination, bool fresh, Time now);
  /// @return false when it is not up or the datagram is larger than its room
  bool send_stretch(const LinkId& link, ByteView datagram, Time now);
  void close_stretch(const LinkId& link, Time now);
  void close_stretches(Time now);

  // --- from the operator ---
  /// Announces every local destination now, on every interface.
  void announce(Time now);
  /// What a running node may change of its configuration; a new interval starts now.
  void adjust(Duration announce_interval, std::size_t max_message_bytes, Time now);
  /// Queues a message. @return its id and first state; an error when it is too large or too many
  /// wait
  Result<Message> send_message(const DestinationHash& destination, std::string title,
                               std::string content, Time now);
  /// From the store, before the first tick: our announces never bear an older time than that,
  /// whatever the clock says. Nobody would take them as news.
  void restore_emission(const DestinationHash& destination, UnixTime emitted);
  /// Outgoing message from the store after a restart, not yet delivered.
  void resume_message(Message message, Time now);
  /// The incoming message is durable: prove it.
  void message_stored(const Hash32& id, Time now);
  /// Ping: a probe packet to a known destination whose owner proves it. `full_name` completes the
  /// address check; any destination that proves packets answers ("rnstransport.probe" of transport
  /// nodes, "lxmf.delivery").
  void ping(const DestinationHash& destination, std::size_t payload_bytes, Duration timeout,
            std::function<void(const PingResult&)> done, Time now);

  [[nodiscard]] std::vector<LocalDestination> local_destinations() const;
  [[nodiscard]] std::size_t open_links() const;
  /// Display name from a heard LXMF announce, or empty.
  [[nodiscard]] std::string peer_name(const DestinationHash& destination) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mehr::endpoint
