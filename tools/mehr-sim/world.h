// A whole simulated network: hosts, links, radios, people who write, and the watch over what must
// always hold. Built from a plan, run by whoever owns it (a seed, a scenario, a test). One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/mehr-radio/modulation.h"
#include "tools/mehr-sim/hop_mix.h"
#include "tools/mehr-sim/host.h"
#include "tools/mehr-sim/traffic.h"
#include "tools/mehr-sim/watch.h"

namespace mehr::mehr_sim {

/// How two hosts talk over a link: plain Reticulum, or a hop link of Mehr.
enum class Carrier : std::uint8_t { kTcp, kUdp, kHopUdp, kHopTcp };
inline bool is_hop(Carrier carrier) {
  return carrier == Carrier::kHopUdp || carrier == Carrier::kHopTcp;
}

struct LinkPlan {
  HostId a = 0, b = 0;  ///< a dials, b listens
  Carrier carrier = Carrier::kTcp;
  LinkQuality quality;
  bool nat = false;  ///< a is behind translation of addresses
};
struct RadioPlan {
  std::vector<HostId> hosts;
  mehr_radio::Modulation modulation{867'200'000, 125'000, 8, 5};
  double loss = 0;
};
struct Plan {
  std::vector<HostSettings> hosts;  ///< interfaces come from links and radios
  std::vector<LinkPlan> links;
  std::vector<RadioPlan> radios;
};

class World {
 public:
  World(std::uint64_t seed, const Plan& plan);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] Engine& engine() { return engine_; }
  [[nodiscard]] Internet& internet() { return internet_; }
  [[nodiscard]] Air& air() { return air_; }
  [[nodiscard]] Traffic& traffic() { return traffic_; }
  [[nodiscard]] Watch& watch() { return watch_; }
  [[nodiscard]] const HopMix& hop_mix() const { return hop_mix_; }
  [[nodiscard]] Host& host(HostId id) { return *hosts_[id]; }
  [[nodiscard]] std::size_t hosts() const { return hosts_.size(); }
  [[nodiscard]] Time now() const { return engine_.now(); }

  /// Hears every packet that comes in anywhere.
  void set_ear(std::function<void(HostId, ByteView raw)> ear) { ear_ = std::move(ear); }
  /// Starts every host within the first seconds.
  void boot();
  /// Does something at a time, as an event of its own.
  void at(Time when, EventKind kind, std::function<void()> work);
  void end_host(HostId id, Ending ending);
  /// Runs until then, or until an invariant breaks. @return false when one did
  bool run_until(Time limit);
  bool run_for(Duration span) { return run_until(now() + span); }
  /// Runs until `done`, looked at every `step`. @return how long it took; nullopt after `limit`
  std::optional<Duration> run_until(const std::function<bool()>& done, Duration limit,
                                    Duration step = 1s);
  /// Whether every host runs and has a path to every other's address.
  [[nodiscard]] bool converged();

 private:
  void add_interfaces(Plan& plan);
  void message(HostId host, const endpoint::Message& message);
  void look();

  Engine engine_;
  Internet internet_;
  Air air_;
  Traffic traffic_;
  Watch watch_;
  HopMix hop_mix_;
  std::function<void(HostId, ByteView)> ear_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace mehr::mehr_sim
