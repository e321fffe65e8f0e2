// The transport node: takes packets, events and the time, and says what to send, what to deliver
// locally and what to remember. Pure: no socket, clock, thread or randomness of its own. Owned by
// the reactor thread; the simulator and the tests own theirs. One concern a file beside this one.
// Source: reticulum-wire §6..§15, §20, §22.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/routing/explain.h"
#include "controlplane/routing/flow.h"
#include "controlplane/routing/interface_traits.h"
#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "core/border/counters.h"
#include "core/wire/announce.h"
#include "core/wire/hop_frame.h"
#include "core/wire/hop_signals.h"
#include "core/wire/packet.h"

namespace mehr::routing {

/// What the radio measured of a received packet; absent on wires.
struct SignalReport {
  std::optional<double> rssi_dbm;
  std::optional<double> snr_db;
};

/// A packet for this host: data or link request to a local destination, anything on a local link,
/// or a proof nobody on the way claims. Views live until the call returns.
struct Delivery {
  InterfaceId from;
  SignalReport signal;
  ByteView raw;         ///< as received, hop byte already incremented
  wire::Packet packet;  ///< decoded raw; packet.hops counts the hop to us
  Hash32 hash;          ///< packet hash
};

/// A valid announce that changed or confirmed a path, or of a destination nobody knew.
struct HeardAnnounce {
  DestinationHash destination;
  wire::Announce announce;  ///< views live until the call returns
  InterfaceId from;
  std::uint8_t hops = 0;
  bool path_response = false;
  SignalReport signal;
};

enum class PathState : std::uint8_t { kUnknown = 0, kUnresponsive = 1, kResponsive = 2 };

/// One row of the path table, for the store, the CLI and the endpoints.
struct PathEntry {
  DestinationHash destination;
  Hash16 next_hop;
  std::uint8_t hops = 0;
  InterfaceId interface;
  std::string interface_name;
  Time learned;  ///< time of the accepted announce
  Time last_used;
  Time expires;  ///< for replacement rules; removal goes by last_used
  PathState state = PathState::kUnknown;
  std::vector<wire::RandomBlob> blobs;  ///< oldest first, at most 64
  Bytes announce_payload;               ///< public identity .. app data
  bool announce_has_ratchet = false;    ///< context flag of the announce
};

/// A tunnel and the paths remembered under it (reticulum-wire §20).
struct TunnelEntry {
  Hash32 id;
  Time expires;
  std::vector<PathEntry> paths;  ///< interface field meaningless
};

/// What the router wants done. Called synchronously from inside router calls; implementations must
/// not call back into the router.
class RouterSink {
 public:
  virtual ~RouterSink() = default;
  /// Put this packet on that interface (without access code or framing).
  /// @param traffic what hop links carry beside it; other interfaces have no room for it
  virtual void transmit(InterfaceId interface, ByteView raw, wire::HopClass traffic) = 0;
  /// Tell the Mehr neighbour at the other end of a hop link (InterfaceTraits::hop_link): one
  /// control record, before packets transmitted later.
  /// @return false: no room for it, nothing was sent
  virtual bool control(InterfaceId interface, wire::HopControl type, ByteView body) = 0;
  virtual void deliver(const Delivery& delivery) = 0;
  virtual void announce_heard(const HeardAnnounce& heard) = 0;
  /// Somebody asked for the path of a local destination: announce it with context PATH_RESPONSE on
  /// that interface only.
  virtual void announce_wanted(const DestinationHash& destination, InterfaceId interface) = 0;
  /// A path was added or replaced (persist it) or dropped.
  virtual void path_changed(const PathEntry& entry) = 0;
  virtual void path_removed(const DestinationHash& destination) = 0;
  /// A tunnel or the set of paths under it changed.
  virtual void tunnel_changed(const TunnelEntry& tunnel) = 0;
  /// An interface with tunnel_interface_hash came up: send tunnel synthesis for it (needs a
  /// signature).
  virtual void tunnel_synthesis_wanted(InterfaceId interface, const Hash32& interface_hash) = 0;
};

/// Caps of every table; the policy when full is stated at each table's file.
struct RouterLimits {
  std::size_t paths = 200'000;
  std::size_t packet_hashes_per_generation = 500'000;
  std::size_t reverse_entries = 100'000;
  std::size_t link_entries = 50'000;
  std::size_t announce_entries = 20'000;  ///< waiting for (re)transmission
  std::size_t queued_announces = 16'384;  ///< per interface, behind the cap
  std::size_t held_announces = 256;       ///< per interface, ingress control
  std::size_t path_request_tags = 32'000;
  std::size_t pending_discoveries = 4'096;
  std::size_t tunnels = 1'024;
  std::size_t paths_per_tunnel = 4'096;
  std::size_t rate_records = 200'000;
  std::size_t known_identities = 200'000;  ///< public keys by destination, outlives the path
  std::size_t early_costs = 16'384;        ///< path costs that came before their announce
  std::size_t kept_distances = 16'384;     ///< what plain neighbours were told of lost paths
  std::size_t withdrawals = 200'000;       ///< lost paths that some neighbour has not heard of
};

struct RouterConfig {
  bool transport = true;  ///< false: an endpoint that relays nothing and answers only for itself
  PublicIdentity transport_identity;
  IdentityHash transport_id;
  RouterLimits limits;
  std::uint64_t price_umhr_per_mib = 0;  ///< asked of neighbours for what this node relays (SC-15)
  /// Of each plain Reticulum neighbour that is not trusted.
  std::uint64_t untrusted_bytes_per_second = 16'384;
  bool untrusted_may_cost = false;  ///< their traffic may take next hops that ask for money
  /// Key of the hop offsets (SC-124); keep it over restarts, so that paths of others stay right.
  /// Zero: drawn when the first hop link comes up.
  Hash32 hop_offset_secret{};
};

/// What became of a packet this host originated.
struct SendOutcome {
  bool sent = false;  ///< at least one interface took it
  bool path_known = false;
  std::uint8_t hops = 0;                 ///< to the destination, as far as known
  Duration first_hop_timeout{};          ///< 500 * 8 / bitrate of the first hop + 6 s
  std::optional<InterfaceId> interface;  ///< when a path decided
  Hash32 packet_hash;
};

struct RouterTables {  ///< sizes, for `mehr status`, tests of caps and the memory of operators
  std::size_t paths = 0, links = 0, reverse = 0, announces = 0, held = 0, queued = 0,
              packet_hashes = 0, tunnels = 0, path_requests = 0, known_identities = 0,
              candidates = 0, early_costs = 0, kept_distances = 0, cost_changes = 0,
              withdrawals = 0, parked = 0, rates = 0, told_too_big = 0, limited = 0, interfaces = 0;
};

class Router {
 public:
  /// `sink`, `random` and `counters` must outlive the router.
  Router(RouterConfig config, RouterSink& sink, Random& random, border::Counters& counters);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // --- interfaces ---
  void interface_up(InterfaceId id, const InterfaceTraits& traits, Time now);
  /// Bit rate or MTU became known or changed (a radio reported its parameters).
  void interface_changed(InterfaceId id, const InterfaceTraits& traits, Time now);
  /// Paths, links and reverse entries over it go; tunnels keep theirs.
  void interface_down(InterfaceId id, Time now);

  /// Neighbours that missed withdrawals, because too many waited for them: their links have to be
  /// made anew, which withdraws everything. Ask after tick().
  [[nodiscard]] std::vector<InterfaceId> take_out_of_step();

  // --- packets ---
  /// One packet without framing and access code. Hostile bytes end in a counter.
  /// @param traffic the class its record carried, default for interfaces without hop link
  void receive(InterfaceId from, ByteView raw, const SignalReport& signal, Time now,
               wire::HopClass traffic = {});
  /// One control record from the neighbour at the other end of a hop link: path costs,
  /// PacketTooBig, congestion. Hostile bytes end in a counter.
  void receive_control(InterfaceId from, wire::HopControl type, ByteView body, Time now);
  /// How full the queue towards a neighbour is, 0..1, and how long it takes to drain. Call on every
  /// change of an eighth; drives congestion signals and the dynamic cost.
  void queue_changed(InterfaceId interface, double occupancy, Duration drain, Time now);
  /// Runs everything due at `now`. Call at or after next_due(); late is fine.
  void tick(Time now);
  /// When tick() next has work.
  [[nodiscard]] Time next_due() const;

  // --- local endpoints ---
  void add_local_destination(const DestinationHash& destination);
  void remove_local_destination(const DestinationHash& destination);
  /// Link packets with this id are delivered, not relayed.
  void add_local_link(const LinkId& link);
  void remove_local_link(const LinkId& link);

  /// Originates a header type 1 packet with hops 0: along the path if known, else broadcast.
  SendOutcome send(ByteView raw, Time now);
  /// Sends on one interface, unchanged but remembered as seen (link traffic, proofs).
  /// @param about the destination the packet belongs to: the one proved for, or the link's (both
  ///        ends name the same); decides where the hop byte starts on hop links (SC-124)
  SendOutcome send_on(InterfaceId interface, ByteView raw, Time now,
                      std::optional<DestinationHash> about = std::nullopt);
  /// Announce of a local destination: everywhere but access points, or one interface for a path
  /// response.
  void announce(ByteView raw, std::optional<InterfaceId> only, Time now);
  /// Asks the network for a path. Throttled to one per destination per 20 s unless `force`.
  /// @return false when throttled
  bool request_path(const DestinationHash& destination, Time now, bool force = false);
  /// Something sent to it was lost: the next hop in use is avoided for a minute.
  /// @return whether another took over
  bool path_failed(const DestinationHash& destination, Time now);
  /// Forgets the path. @return whether there was one
  bool drop_path(const DestinationHash& destination);

  // --- for a forwarding plane beside this one (architecture §2) ---
  /// From now on changes of flows are noted; all there are count as changed.
  void watch_flows();
  /// Destinations and links to ask flow() about again, at most `most`; empty: none is left.
  std::vector<Hash16> take_changed_flows(std::size_t most);
  [[nodiscard]] Flow flow(const Hash16& destination_or_link) const;
  /// The other plane carried packets there: the path or link lives on.
  void flow_used(const Hash16& destination_or_link, Time now);

  // --- state for others ---
  [[nodiscard]] const PathEntry* path(const DestinationHash& destination) const;
  [[nodiscard]] std::vector<DestinationHash> path_destinations() const;
  /// Largest packet that gets there (or along a link of ours) as far as known, bytes; nullopt when
  /// nobody said anything.
  [[nodiscard]] std::optional<std::uint32_t> packet_limit(const Hash16& destination_or_link) const;
  /// Every way to the destination with its score under `policy`, and why one of them is used.
  [[nodiscard]] PathExplanation explain(const DestinationHash& destination, PathPolicy policy,
                                        Time now) const;
  /// What the neighbour at the other end of a hop link last said of its queues, while it holds.
  [[nodiscard]] std::optional<wire::CongestionSeverity> congestion(InterfaceId id, Time now) const;
  [[nodiscard]] std::optional<PublicIdentity> known_identity(
      const DestinationHash& destination) const;
  [[nodiscard]] RouterTables tables() const;
  [[nodiscard]] const InterfaceTraits* interface(InterfaceId id) const;
  /// A path from the store; `entry.interface_name` is matched against living interfaces, now or
  /// when one of that name comes up. Ignored when something newer is known.
  void restore_path(PathEntry entry, Time now);
  void restore_tunnel(TunnelEntry tunnel, Time now);
  void restore_identity(const DestinationHash& destination, const PublicIdentity& identity);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mehr::routing
