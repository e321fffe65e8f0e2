// Neighbours that lie: between a gateway and its wires, changes the hop counts it tells, damages
// what it relays, repeats old packets, swallows them, or pours out junk. Works on whole packets of
// TCP and UDP interfaces without access code, and on the datagrams of hop links from outside their
// keys; the gateway behind it is honest and knows nothing. Engine thread.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "tools/mehr-sim/internet.h"

namespace mehr::mehr_sim {

enum class Lie : std::uint8_t {
  kCost,     ///< hop counts that are too small, or too large
  kMutate,   ///< bits of announces and proofs flip
  kReplay,   ///< packets of long ago come again
  kSwallow,  ///< takes packets to relay and drops them
  kFlood,    ///< junk behind every packet: bad announces, path requests, noise
};
inline constexpr std::size_t kLies = 5;
std::string_view lie_name(Lie lie);

class Liars {
 public:
  explicit Liars(Engine& engine) : engine_(engine), random_(engine.random_for(kConcern)) {}
  void begin(HostId host, Lie lie) { lies_[host] = lie; }
  void end(HostId host) { lies_.erase(host); }
  void end_all() { lies_.clear(); }
  [[nodiscard]] bool active() const { return !lies_.empty(); }

  /// For Internet::set_tamper.
  std::vector<Bytes> tamper(HostId host, ByteView data, bool stream);
  std::uint64_t told = 0;

 private:
  static constexpr std::uint64_t kConcern = 4;
  static constexpr std::size_t kMemory = 256;
  /// What a liar still adds of its own in this second. Without a bound, junk that comes back to
  /// who made it would grow without end on lines that cost no time.
  struct Budget {
    std::int64_t second = -1;
    std::size_t left = 0;
  };
  void lie(HostId host, Lie lie, ByteView packet, std::vector<Bytes>& out);
  std::size_t affordable(HostId host, std::size_t wanted);
  Bytes junk(const std::deque<Bytes>& memory);
  Bytes other_cost(ByteView packet);
  Bytes mutated(ByteView packet);

  Engine& engine_;
  SeededRandom random_;
  std::map<HostId, Lie> lies_;
  std::map<HostId, std::deque<Bytes>> memory_;
  std::map<HostId, Budget> budgets_;
};

}  // namespace mehr::mehr_sim
