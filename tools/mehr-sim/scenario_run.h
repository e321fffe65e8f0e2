// Runs a scenario and collects what there is to see: every message, and once in a while how many
// ways are known and how busy lines and air are. Called by scenario_report and tests.
#pragma once

#include <vector>

#include "tools/mehr-sim/scenario.h"

namespace mehr::mehr_sim {

/// The state of the network at one moment; amounts are of the time since the sample before.
struct Sample {
  Time at{};
  double paths_known = 0;  ///< share of (from, to) pairs with a path, 0..1
  double line_bps = 0;     ///< over all links and directions
  double air_busy = 0;     ///< share of the time the busiest channel carried a frame, 0..1
};
struct RadioRow {
  std::string node;
  std::uint64_t frames = 0, bytes = 0, heard = 0, lost = 0;
  Duration airtime{};
};
struct LinkRow {
  std::string name;
  std::uint64_t bytes = 0, datagrams = 0, lost = 0;
};
struct ScenarioResult {
  std::vector<std::string> nodes;
  std::vector<Letter> letters;
  std::vector<Sample> samples;
  std::vector<RadioRow> radios;
  std::vector<LinkRow> links;
  std::optional<Time> converged;  ///< when everybody first knew everybody
  std::uint64_t events = 0;
  Hash32 trace;
  std::optional<Breach> breach;
};

ScenarioResult run_scenario(const Scenario& scenario);

}  // namespace mehr::mehr_sim
