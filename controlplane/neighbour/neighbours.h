// The Mehr nodes next to this one: keeps link::Links, gives every neighbour an interface the router
// can use, carries its packets and control records over a Hop, and remembers what happened. Frames
// and carrier news come in from interface/hop_* (by way of the daemon, with the time); packets from
// the router. Pure; reactor thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controlplane/link/links.h"
#include "controlplane/neighbour/carriers.h"
#include "controlplane/neighbour/history.h"
#include "controlplane/neighbour/hop.h"
#include "controlplane/neighbour/remembered.h"
#include "controlplane/routing/interface_traits.h"

namespace mehr::neighbour {

/// Called from inside Neighbours calls, except enqueue(), which calls nobody.
class NeighboursSink {
 public:
  virtual ~NeighboursSink() = default;
  virtual routing::InterfaceId next_interface_id() = 0;
  virtual void neighbour_up(routing::InterfaceId id, const routing::InterfaceTraits& traits) = 0;
  /// MTU or latency are others now.
  virtual void neighbour_changed(routing::InterfaceId id,
                                 const routing::InterfaceTraits& traits) = 0;
  virtual void neighbour_down(routing::InterfaceId id, std::string_view reason) = 0;
  virtual void neighbour_packet(routing::InterfaceId id, ByteView raw, wire::HopClass traffic) = 0;
  virtual void neighbour_control(routing::InterfaceId id, wire::HopControl type, ByteView body) = 0;
  /// The queue's twentieth is another (the levels of congestion are such); see
  /// Router::queue_changed.
  virtual void neighbour_queue(routing::InterfaceId id, double occupancy, Duration drain) = 0;
  /// Linked there, or was until now: remember it.
  virtual void peer_reached(const RememberedPeer& peer) = 0;
};

/// A forwarding plane beside this one, as far as frames go.
class Bypass {
 public:
  virtual ~Bypass() = default;
  /// @param udp_port of the carrier, 0 for others @return nullopt: send it over the carrier
  virtual std::optional<Carrier::Sent> send(const link::CarrierPath& path, std::uint16_t udp_port,
                                            ByteView frame) = 0;
};

/// What such a plane must know of a living neighbour.
struct HopFacts {
  routing::InterfaceId interface;
  std::size_t frame_bytes = 0;   ///< of the largest frame that passes
  std::size_t packet_bytes = 0;  ///< of the largest packet in one frame
  std::uint64_t bitrate_bps = 0;
};

/// One living neighbour, for operators.
struct NeighbourRow {
  link::NeighbourReport link;  ///< rtt: measured lately
  routing::InterfaceId interface;
  std::string name, parent, transport;
  routing::InterfaceMode mode = routing::InterfaceMode::kFull;
  std::size_t frame_bytes = 0;   ///< of the largest frame that passes
  std::size_t packet_bytes = 0;  ///< of the largest packet in one frame
  std::uint64_t bitrate_bps = 0;
  std::size_t waiting_bytes = 0;
  double occupancy = 0;  ///< 0..1
  link::Scheduler::Drops drops;
  std::uint64_t fragmented = 0;
  std::array<ClassMeter, 4> classes;
  std::vector<HistoryEvent> history;  ///< of this identity, also of earlier links
};

/// Sizes of what neighbours and strangers can fill; for tests of caps.
struct NeighbourTables {
  link::LinkTables links;
  std::size_t living = 0;      ///< LinksConfig::neighbour_limit
  std::size_t carriers = 0;    ///< as many as came up and did not go down
  std::size_t remembered = 0;  ///< what the store holds
  std::size_t trying = 0;      ///< remembered, on each carrier
  std::size_t peers = 0;       ///< configured, and those being tried
  std::size_t history = 0;     ///< History::kNeighbours and kStrangers
};

class Neighbours final : private link::LinksSink, private HopWire {
 public:
  /// References must outlive it.
  Neighbours(link::LinksConfig config, NeighboursSink& sink, signer::Signer& signer, Random& random,
             border::Counters& counters);
  ~Neighbours() override;

  // --- carriers; see carriers.h ---
  std::uint32_t carrier_up(Carrier& carrier, CarrierSetup setup, Time now);
  void carrier_down(std::uint32_t carrier, Time now);
  void frame(std::uint32_t carrier, const std::string& from, ByteView frame, Duration waited,
             Time now);
  void path_mtu(std::uint32_t carrier, const std::string& to, std::size_t bytes, Time now);
  void writable(std::uint32_t carrier, Time now);
  void maintain_peer(std::uint32_t carrier, const std::string& address,
                     const std::optional<IdentityHash>& expected, Time now);
  void forget_peer(std::uint32_t carrier, const std::string& address);
  [[nodiscard]] bool linked(std::uint32_t carrier, const std::string& address) const;
  [[nodiscard]] std::optional<IdentityHash> neighbour_over(std::uint32_t carrier) const;
  void peer(const PeerReport& report);

  // --- the router's side; calls nobody back ---
  [[nodiscard]] bool owns(routing::InterfaceId id) const { return by_interface_.contains(id); }
  /// @param source the interface it came from, 0 for packets of this host; for fair shares
  /// @return false: dropped and counted
  bool transmit(routing::InterfaceId id, ByteView raw, wire::HopClass traffic, std::uint32_t source,
                Time now);
  /// @return false: no room. Path costs wait at the router then, and are not counted as dropped
  bool control(routing::InterfaceId id, wire::HopControl type, ByteView body, Time now);

  // --- a forwarding plane beside this one (beside.cc) ---
  void set_bypass(Bypass* bypass) { bypass_ = bypass; }
  /// Its keys; what calls back goes through the functions below.
  [[nodiscard]] link::Links& links() { return links_; }
  [[nodiscard]] std::optional<HopFacts> facts(link::NeighbourId id) const;
  [[nodiscard]] std::uint16_t udp_port(std::uint32_t carrier) const;
  [[nodiscard]] std::optional<std::uint32_t> udp_carrier(std::uint16_t port) const;
  void leave_devices(std::uint16_t udp_port, const std::vector<int>& devices);
  void keys_used(link::NeighbourId id, const border::KeyUse::Row& row, Time now);
  void opened_elsewhere(link::NeighbourId id, ByteView records, Time now);
  void packet_elsewhere(link::NeighbourId id, ByteView raw, wire::HopClass traffic, Time now);
  void moved_elsewhere(link::NeighbourId id, const std::string& address, Time now);

  // --- time ---
  void tick(Time now);
  [[nodiscard]] Time next_due();

  // --- operators ---
  [[nodiscard]] std::vector<NeighbourRow> report() const;  ///< oldest link first
  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] NeighbourTables tables() const;
  /// Of each living neighbour, oldest link first.
  void each_hop(const std::function<void(const HopTables&)>& look) const;
  /// Whether a link with that identity lives.
  [[nodiscard]] bool linked_with(const IdentityHash& identity) const;
  [[nodiscard]] std::vector<HistoryEvent> history(const IdentityHash& identity) const {
    return history_.of(identity);
  }
  [[nodiscard]] std::vector<PeerReport> peers() const;
  /// @return false: no such neighbour
  bool rekey(link::NeighbourId id, Time now);
  bool drop(link::NeighbourId id, Time now, std::string_view reason = "dropped by the operator");
  /// The link behind that interface. @return false: there is none
  bool drop_over(routing::InterfaceId id, Time now, std::string_view reason);
  /// From the store: dialled for a while when a carrier of that interface and transport comes up
  /// that allows it.
  void remember(RememberedPeer peer);

 private:
  struct CarrierEntry {
    Carrier* carrier = nullptr;
    CarrierSetup setup;
  };
  struct Living {
    routing::InterfaceId interface;
    routing::InterfaceTraits traits;
    link::CarrierPath path;
    IdentityHash identity;
    bool stranger = false;
    std::unique_ptr<Hop> hop;
    int queue_step = 0;  ///< how full the queue is, in twentieths, as last told
  };

  // LinksSink
  void send(const link::CarrierPath& path, ByteView frame) override;
  void neighbour_up(const link::NeighbourReport& report) override;
  void neighbour_down(link::NeighbourId id, const IdentityHash& identity,
                      std::string_view reason) override;
  void neighbour_moved(link::NeighbourId id, const link::CarrierPath& path) override;
  void record(link::NeighbourId from, const wire::HopRecord& record) override;
  // HopWire
  [[nodiscard]] bool ready(link::NeighbourId id) const override;
  Carrier::Sent send_records(link::NeighbourId id, ByteView records, std::size_t& bytes,
                             Time now) override;

  [[nodiscard]] std::string unused_name(const IdentityHash& identity,
                                        const std::string& carrier) const;
  void dial_remembered(std::uint32_t carrier, Time now);
  void give_up_remembered(Time now);
  void forget_report(const link::CarrierPath& path);
  void tell_reached(const Living& living);
  void tick_hop(link::NeighbourId id, Time now);
  void tell_changes(Living& living);
  /// What the router is told. In pieces everything Reticulum sends passes, whatever the frames.
  static std::uint32_t packet_mtu(const Living& living);
  void wake(Time at) { due_ = std::min(due_, at); }

  NeighboursSink& sink_;
  border::Counters& counters_;
  link::Links links_;
  Bypass* bypass_ = nullptr;
  std::map<std::uint32_t, CarrierEntry> carriers_;
  std::map<link::NeighbourId, Living> living_;
  std::map<routing::InterfaceId, link::NeighbourId> by_interface_;
  std::map<std::pair<std::string, std::string>, PeerReport> peers_;  ///< by interface and text
  std::vector<RememberedPeer> remembered_;
  std::map<link::CarrierPath, Time> trying_;  ///< remembered peers being dialled, until when
  History history_;
  std::uint32_t last_carrier_ = 0;
  std::optional<Carrier::Sent> sent_;  ///< what became of the first frame since reset
  Time now_;                           ///< of the call under way, for what Links calls back
  Time due_ = Time::max(), links_due_ = Time::max();
  std::uint64_t plans_seen_ = 0;
};

}  // namespace mehr::neighbour
