// One living interface as everybody else sees it: its id and name, its state, its access code, what
// it carried. Every kind of interface owns one, a TCP server one a client; how bytes travel is the
// kind's business. Reactor thread.
#pragma once

#include <optional>
#include <string>

#include "controlplane/interface/gate.h"
#include "controlplane/interface/interface.h"

namespace mehr::interface {

class Port {
 public:
  struct Names {
    std::string name, kind, parent, detail;
    bool carries_packets = true;  ///< false: a row to look at (TCP servers); the router never hears
  };
  /// A port of the configured interface itself.
  Port(const InterfaceContext& context, const config::InterfaceConfig& config);
  /// A port under another name: of a server, or one of its clients.
  Port(const InterfaceContext& context, const config::InterfaceConfig& config, Names names);
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  /// Reports `down` if it was up.
  ~Port();

  [[nodiscard]] routing::InterfaceId id() const { return id_; }
  [[nodiscard]] bool is_up() const { return state_ == InterfaceState::kUp; }
  [[nodiscard]] const routing::InterfaceTraits& traits() const { return traits_; }
  /// Bytes of the longest frame, access code included.
  [[nodiscard]] std::size_t frame_limit() const { return frame_limit_; }
  [[nodiscard]] std::size_t code_bytes() const { return gate_.size(); }
  void set_detail(std::string detail) { names_.detail = std::move(detail); }

  /// Moves to another state. The daemon hears of it when the state or the reason is new, the router
  /// when packets can or can no longer pass.
  void set_state(InterfaceState state, std::string reason);

  /// One frame as it came off the wire: counted, admitted, handed to the daemon as a packet.
  void received(ByteView frame, const routing::SignalReport& signal = {});
  /// Counts a frame that is not a packet by itself: of a hop link.
  void heard(std::size_t frame_bytes);
  /// The frame for one packet; nullopt, counted, when the port is down or cannot carry it. The view
  /// points into `packet` or into this port and lives until the next call.
  std::optional<ByteView> outgoing(ByteView packet);
  /// What became of that frame.
  void sent(std::size_t frame_bytes);
  void dropped(border::Counter reason, std::uint64_t packets = 1);

  /// Everything but `queued_bytes` and `radio`, which the kind knows.
  [[nodiscard]] InterfaceReport report() const;

 private:
  InterfaceContext context_;
  Names names_;
  routing::InterfaceId id_;
  routing::InterfaceTraits traits_;
  Gate gate_;
  std::size_t frame_limit_;
  InterfaceState state_ = InterfaceState::kStarting;
  std::string reason_;
  Time since_;
  std::uint64_t rx_packets_ = 0, rx_bytes_ = 0, tx_packets_ = 0, tx_bytes_ = 0, tx_dropped_ = 0;
};

/// Adds what `from` carried to what `to` did: a row that stands for others.
void add_traffic(const InterfaceReport& from, InterfaceReport& to);

}  // namespace mehr::interface
