// What must hold at all times, whatever breaks: the invariants of the simulation. The first one
// that does not hold is kept with its time and a sentence; the run ends there. Looks from outside,
// with the knowledge of the whole network that no gateway has. Engine thread.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tools/mehr-sim/host.h"
#include "tools/mehr-sim/traffic.h"

namespace mehr::mehr_sim {

struct Breach {
  std::string invariant;  ///< "released only if durable"
  std::string detail;
  Time at{};
};

class Watch {
 public:
  /// A gossip round; nothing may go in circles for more than three.
  static constexpr Duration kRound = 60s;
  static constexpr Duration kLongestLoop = 3 * kRound;
  /// Events at one instant; a gateway that wakes itself for nothing stops the time.
  static constexpr std::uint64_t kAtOnce = 200'000;

  explicit Watch(Engine& engine) : engine_(engine) {}
  void add_host(Host& host);
  void add_link(HostId a, HostId b);
  /// Loops through a host that lies prove nothing about the honest ones.
  void set_liar(HostId host, bool liar);
  /// From here on nothing goes wrong and every destination has announced itself again, which is
  /// what plain Reticulum needs to replace old paths: only now can loops be too old.
  void set_calm_since(Time since) { calm_since_ = since; }

  // --- at every event, or when it happens ---
  /// An event of that host ran (kNobody: of none): its counters and the sizes of its tables; then
  /// whatever the event changed: its neighbours, ways anybody has, and loops that became too old.
  void after_event(HostId host);
  /// The sender saw a proof: the message must be on the receiver's disk.
  void check_durable(const Letter& letter);
  /// No hop frame may leave twice under one (receiver index, counter): the key would seal twice
  /// with one nonce. And none leaves for a host that is not an authenticated neighbour.
  /// @param data a datagram, or what was written to a stream
  void check_frame(HostId from, HostId to, ByteView data, bool stream);
  // --- what after_event() has to look at ---
  void neighbours_changed(HostId host) { new_neighbours_.insert(host); }
  void path_changed(const DestinationHash& destination) { new_paths_.insert(destination); }
  // --- once in a while: what changes without a word (paths that expire, hosts that end) ---
  void check_loops();

  void breach(std::string invariant, std::string detail);
  [[nodiscard]] const std::optional<Breach>& broken() const { return broken_; }
  std::uint64_t checks = 0, loops_seen = 0;

 private:
  struct Loop {
    Time since, seen;
  };
  /// Every packet the router received has exactly one outcome.
  void check_counters(HostId host);
  /// Every neighbour is a host at the other end of a link, by its identity.
  void check_neighbours(Host& host);
  void check_router_tables(Host& host);
  void check_hop_tables(Host& host);
  void check_size(const Host& host, const char* table, std::size_t size, std::size_t room) {
    if (size > room) over_cap(host, table, size, room);
  }
  void over_cap(const Host& host, const char* table, std::size_t size, std::size_t room);
  void check_loops_to(const DestinationHash& destination);
  void judge_loops();
  [[nodiscard]] std::optional<HostId> next_hop(Host& at, const DestinationHash& destination) const;
  std::string describe_loop(const DestinationHash& destination, HostId start, Time since);
  void walk(const Host& to, const DestinationHash& destination);

  Engine& engine_;
  std::vector<Host*> hosts_;
  std::set<HostId> liars_;
  std::map<Hash16, HostId> by_identity_;
  std::map<DestinationHash, HostId> by_address_;
  std::map<HostId, std::size_t> degree_;  ///< links of each host
  std::set<HostId> new_neighbours_;
  std::set<DestinationHash> new_paths_;
  std::set<std::pair<HostId, HostId>> adjacent_;
  absl::flat_hash_set<std::tuple<HostId, std::uint32_t, std::uint64_t>> sealed_;
  std::map<std::pair<DestinationHash, HostId>, Loop> loops_;
  Time calm_since_{}, instant_{};
  std::uint64_t at_once_ = 0;
  std::optional<Breach> broken_;
};

}  // namespace mehr::mehr_sim
