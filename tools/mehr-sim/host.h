// One simulated machine with a gateway on it: its clock, its disk, its identity, and one life of
// the production Node after the other. Starts, crashes and restarts it. Owned by the world; engine
// thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "controlplane/daemon/node.h"
#include "controlplane/signer/local_signer.h"
#include "core/config/config.h"
#include "tools/mehr-sim/disk.h"
#include "tools/mehr-sim/sim_reactor.h"

namespace mehr::mehr_sim {

/// How a life of a gateway ends.
enum class Ending : std::uint8_t {
  kStopped,    ///< as by systemctl stop
  kKilled,     ///< kill -9: the kernel closes its sockets
  kPowerLost,  ///< nobody says goodbye; the steady clock starts over
};

struct HostSettings {
  std::string name;
  config::Config config;
  /// What all its interfaces have in common; kind, name and addresses come from the plan.
  config::InterfaceConfig interface;
  std::int64_t drift_ppm = 0;
  Duration uptime = 1h;  ///< of the machine when the simulation begins
  bool acknowledge_early = false;
};

class Host {
 public:
  using MessageHook = std::function<void(HostId, const endpoint::Message&)>;

  /// A packet came in. @param neighbour who sent it over a hop link
  using HeardHook =
      std::function<void(HostId, std::optional<IdentityHash> neighbour, ByteView raw)>;

  /// The router wants a hop neighbour told something. @return false: it is not told
  using TellingHook =
      std::function<bool(routing::InterfaceId to, wire::HopControl type, ByteView body)>;

  /// For who watches from outside.
  struct News {
    std::function<void(HostId)> neighbours;            ///< a hop link came or went
    std::function<void(const DestinationHash&)> path;  ///< the path there came, went or changed
  };

  Host(Engine& engine, Internet& internet, Air& air, HostSettings settings, MessageHook hook);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Before boot().
  void set_heard(HeardHook heard) { heard_ = std::move(heard); }
  void set_news(News news) { news_ = std::move(news); }
  void set_telling(TellingHook telling) { telling_ = std::move(telling); }
  /// Hands a control record to a hop link as the router would. Inside a turn of its node.
  /// @return false: no such link, or no room in its queue
  bool tell(routing::InterfaceId to, wire::HopControl type, ByteView body) {
    return node_->neighbours().control(to, type, body, reactor_->now());
  }
  void boot();
  void end(Ending ending);
  [[nodiscard]] bool running() const { return node_ != nullptr; }
  /// Only while running.
  [[nodiscard]] daemon::Node& node() { return *node_; }

  [[nodiscard]] HostId id() const { return id_; }
  [[nodiscard]] const std::string& name() const { return settings_.name; }
  [[nodiscard]] const config::Config& config() const { return settings_.config; }
  [[nodiscard]] SimDisk& disk() { return disk_; }
  [[nodiscard]] NodeClock& clock() { return clock_; }
  [[nodiscard]] const IdentityHash& identity_hash() const { return identity_.hash(); }
  /// Its lxmf.delivery destination.
  [[nodiscard]] const DestinationHash& address() const { return address_; }
  /// Of the present life.
  [[nodiscard]] const border::Counters& counters() const { return counters_; }
  /// Of all lives.
  [[nodiscard]] std::array<std::uint64_t, border::kCounterCount> all_counters() const;

 private:
  void save_later();

  Engine& engine_;
  Internet& internet_;
  Air& air_;
  HostSettings settings_;
  MessageHook hook_;
  HeardHook heard_;
  TellingHook telling_;
  News news_;
  HostId id_;
  SeededRandom random_;
  crypto::PrivateIdentity identity_;
  DestinationHash address_;
  NodeClock clock_;
  SimDisk disk_;
  border::Counters counters_;
  std::array<std::uint64_t, border::kCounterCount> past_counters_{};
  std::unique_ptr<SimReactor> reactor_;
  std::unique_ptr<SimStore> store_;
  std::unique_ptr<signer::LocalSigner> signer_;
  std::unique_ptr<daemon::Node> node_;
};

}  // namespace mehr::mehr_sim
