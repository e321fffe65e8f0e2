// Neighbours that lie inside their hop links: a gateway's own keys, and false words under a valid
// seal. Changes the control records the router of a lying host hands to its hop links, and adds
// more of its own every second; the packets it relays stay honest (liar.h does those on wires).
// Draws from a random source of its own, so that a seed without such lies runs as it would
// without this file. Engine thread.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string_view>

#include "core/wire/path_cost.h"
#include "tools/mehr-sim/world.h"

namespace mehr::mehr_sim {

enum class Deceit : std::uint8_t {
  kCheap,      ///< every destination is here and costs nothing
  kDear,       ///< every path is endless, slow and costs more than any other
  kSequence,   ///< the numbers of tellings jump, far ahead and far back
  kWithdraw,   ///< paths go and come, and paths go that were never told
  kSaturated,  ///< full all the time, it says
  kSilent,     ///< tells nothing: no cost, no signal
  kTooBig,     ///< whatever is sent to whomever is too big
  kFlood,      ///< hundreds of records a second of every type, well formed and not
  kReplay,     ///< what it told long ago comes again
  kProbes,     ///< probes without number, answers to none
  kPieces,     ///< pieces of packets that never become whole
  kKeys,       ///< offers of keys it does not have, answers to none
};
inline constexpr std::size_t kDeceits = 12;
std::string_view deceit_name(Deceit deceit);
using DeceitsTold = std::array<std::uint64_t, kDeceits>;

class Insiders {
 public:
  explicit Insiders(World& world);

  /// Draws how often somebody lies like this between these times (never, in half of all seeds),
  /// who, how and for how long.
  void schedule(Time from, Time until);
  /// That host lies from now on, for so long.
  void begin(HostId host, Deceit deceit, Duration span);
  void end_all() { lying_.clear(); }
  [[nodiscard]] bool lies(HostId host) const { return lying_.contains(host); }
  [[nodiscard]] std::uint64_t begun() const { return begun_; }
  /// False records told, by kind.
  [[nodiscard]] const DeceitsTold& told() const { return told_; }

 private:
  struct Said {
    wire::HopControl type;
    Bytes body;
  };
  struct Memory {
    std::deque<Said> said;       ///< control records, oldest first
    std::deque<Hash16> carried;  ///< links whose packets came by
  };
  using Interfaces = std::vector<routing::InterfaceId>;

  void listen();
  bool hears(HostId host, routing::InterfaceId to, wire::HopControl type, ByteView body);
  void overhears(HostId host, ByteView raw);
  void pulse(HostId host, std::uint64_t term);
  void say(HostId host, Deceit deceit, routing::InterfaceId to, wire::HopControl type,
           ByteView body);
  std::optional<wire::PathCostRecord> twisted(Deceit deceit, wire::PathCostRecord record);
  /// One record of a kind, made up; nullopt when this host knows nothing to make it of.
  std::optional<Said> invent(HostId host, Deceit deceit);
  std::optional<Said> invent_cost(HostId host, Deceit deceit);
  Said invent_flood(HostId host);
  Said noise();
  Said probe();
  Said piece();
  Said keys();
  Said congestion();
  Said too_big(HostId host);
  wire::PathCost any_cost();

  World& world_;
  SeededRandom random_;
  struct Lying {
    Deceit deceit;
    std::uint64_t term;
  };
  std::map<HostId, Lying> lying_;
  std::map<HostId, Memory> memory_;
  bool listening_ = false;
  std::uint64_t begun_ = 0;
  DeceitsTold told_{};
};

}  // namespace mehr::mehr_sim
