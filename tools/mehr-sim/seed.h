// A simulation drawn from one number: a network, its traffic and its faults; a phase in which
// things break, healing, and a phase in which everything has to work again. The unit of tests/sim
// and of `mehr-sim seeds`. One thread.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/mehr-sim/faults.h"

namespace mehr::mehr_sim {

struct SeedOptions {
  /// Hears every event as a line.
  std::function<void(const std::string&)> trace = nullptr;
  /// The canary: stores acknowledge before they commit.
  bool acknowledge_early = false;
  /// Hosts lie inside their hop links where the seed says so.
  bool insiders = true;
  /// Called at that time, for whoever looks for the reason of something.
  std::function<void(World&)> look = nullptr;
  Time look_at{};
};

struct SeedResult {
  std::uint64_t seed = 0;
  std::size_t hosts = 0, links = 0, radios = 0;
  Duration virtual_time{};
  std::uint64_t events = 0;
  Hash32 trace;
  TrafficTotals traffic;
  std::array<std::uint64_t, kFaults> faults{};
  std::uint64_t insiders = 0;  ///< times a host began to lie inside its hop links
  DeceitsTold deceits{};       ///< false records there, by kind
  std::uint64_t lies = 0;      ///< packets lied about on wires
  std::array<std::uint64_t, border::kCounterCount> counters{};
  std::uint64_t checks = 0, loops_seen = 0;
  HopBins hop_bins, all_hop_bins;  ///< of all hop links; without and with plain originators
  std::vector<HopBins> link_bins;  ///< of each
  std::optional<Breach> breach;
  std::vector<Letter> letters;
  std::string tail;  ///< the last events, when something broke

  [[nodiscard]] double node_hours() const {
    return to_seconds(virtual_time) / 3'600.0 * static_cast<double>(hosts);
  }
};

/// The network a seed draws, without faults.
Plan draw_plan(Random& random);
SeedResult run_seed(std::uint64_t seed, const SeedOptions& options = {});
/// Several lines: what broke, when, what happened just before, how to see it again.
std::string describe(const SeedResult& result);

}  // namespace mehr::mehr_sim
