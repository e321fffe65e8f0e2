// mehrd's side of the border: finds the dataplane, tells it neighbours, keys and flows as they
// change, takes what it hands up, and does without it when it is gone. Owns the connection; what is
// told and when is session_mirror's and flow_mirror's. Reactor thread; its own events run as turns
// of the node. Source: core/border/001.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "controlplane/accelerator/flow_mirror.h"
#include "controlplane/accelerator/outbox.h"
#include "controlplane/accelerator/places.h"
#include "controlplane/accelerator/readings.h"
#include "controlplane/accelerator/session_mirror.h"
#include "controlplane/neighbour/neighbours.h"
#include "controlplane/reactor/reactor.h"
#include "controlplane/routing/router.h"

namespace mehr::accelerator {

enum class State : std::uint8_t {
  kOff,      ///< not configured, or stopped
  kLooking,  ///< nobody answers on its socket: everything is forwarded here
  kGreeting,
  kRunning,
};
std::string_view state_name(State state);

/// For operators.
struct Report {
  State state = State::kOff;
  std::string socket, reason;  ///< why it is not running; empty when it is
  Duration since{};            ///< in that state
  int process = 0;
  border::Ready ready;
  std::size_t neighbours = 0, sealing = 0, receive_keys = 0, flows = 0, next_hops = 0, links = 0;
  std::uint64_t flows_refused = 0, punted = 0, injected = 0, losses = 0;
  Carried carried;
  border::Load load;
  std::array<std::uint64_t, border::kCounterCount> counters{};
};

class Accelerator final : public neighbour::Bypass, private KeySource {
 public:
  struct Parts {
    reactor::Reactor& reactor;
    routing::Router& router;
    neighbour::Neighbours& neighbours;
    border::Counters& counters;
  };
  /// Runs work as a turn of the node, before it returns.
  using Turn = std::function<void(const std::function<void(Time)>&)>;
  /// A change of state, for people. @param good false: something is worse than before
  using Tell = std::function<void(bool good, const std::string& sentence)>;

  /// @param socket where the dataplane listens, empty: there is none
  Accelerator(std::string socket, const Hash16& own_transport, const Parts& parts, Turn turn,
              Tell tell);
  ~Accelerator() override;

  void start();
  /// The dataplane forgets everything; call when the links have ended.
  void stop();

  // Bypass
  std::optional<neighbour::Carrier::Sent> send(const link::CarrierPath& path,
                                               std::uint16_t udp_port, ByteView frame) override;
  /// A frame came to our own socket.
  void heard_on_socket(const std::string& address, ByteView frame);
  /// The router sends a packet there. @param source interface it came from, 0 for this host
  void sent(routing::InterfaceId to, ByteView raw, std::uint32_t source);
  /// Tells what this turn changed.
  void turn_ended(Time now);

  [[nodiscard]] Report report() const;

 private:
  // KeySource
  void lend(link::NeighbourId id, bool lent) override;
  std::optional<border::SetReceive> lend_receive(link::NeighbourId id,
                                                 std::uint32_t local_index) override;
  std::optional<border::SetSend> lend_send(link::NeighbourId id, std::uint8_t lane) override;

  // the connection
  void look();
  void look_later(Duration delay);
  void lost(const std::string& reason, Time now);
  void packet(MutableByteView packet);
  void refuse(const std::string& reason);
  void tell(const border::Down& message);
  void flush();
  void tick();
  void refresh(Time now);

  // what it says
  void take(const border::Up& message, Time now);
  void take(const border::Ready& ready, Time now);
  void take(const border::Stranger& stranger, Time now);
  void take(const border::KeyUse& use, Time now);
  void take(const border::Moved& moved, Time now);

  // what it is told
  void sync_sessions(Time now);
  void sync_flows(Time now);
  [[nodiscard]] std::optional<std::uint16_t> port_towards(const std::string& address);
  [[nodiscard]] std::optional<border::SetNeighbour> place_of(const link::LendableSession& session,
                                                             Time now);

  std::string socket_;
  Hash16 own_transport_;
  Parts parts_;
  Turn turn_;
  Tell tell_;
  State state_ = State::kOff;
  Time state_since_;
  std::string reason_;
  std::unique_ptr<reactor::PacketStream> stream_;
  reactor::TimerId timer_;
  Outbox outbox_;
  border::Ready ready_;
  Places places_;
  SessionMirror sessions_;
  FlowMirror flows_;
  Readings readings_;
  absl::flat_hash_map<std::string, std::string> local_;           ///< address of ours, by theirs
  absl::flat_hash_map<std::uint32_t, std::uint16_t> interfaces_;  ///< lent ones: their numbers
  std::set<link::CarrierPath> paths_;                             ///< of those lent
  std::uint64_t keys_version_ = 0, token_ = 0;
  std::uint64_t punted_ = 0, injected_ = 0, losses_ = 0;
  Time refresh_at_;
  bool broken_ = false;    ///< something could not be told: begin anew
  bool straight_ = false;  ///< what is sent now goes over the carrier
};

}  // namespace mehr::accelerator
