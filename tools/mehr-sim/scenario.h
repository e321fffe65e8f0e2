// Scenario files: a network, its traffic and what goes wrong at which moment, as TOML. Owns the
// format and its sentences about mistakes; scenarios/ has examples. Called by the program and
// tests.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "tools/mehr-sim/faults.h"

namespace mehr::mehr_sim {

struct ScenarioTraffic {
  std::vector<HostId> from, to;
  Duration every = 60s, start = 60s, until = Duration::max();
  std::size_t bytes = 80;
};
struct ScenarioFault {
  Duration at{}, span = 60s;
  Fault fault = Fault::kCut;
  std::vector<LinkNumber> links;  ///< of cut
  std::vector<HostId> nodes;      ///< of kill, power-loss, restart, pause, unplug
};
struct Scenario {
  std::string title;
  std::uint64_t seed = 1;
  Duration duration = 1h;
  Plan plan;
  std::vector<ScenarioTraffic> traffic;
  std::vector<ScenarioFault> faults;
};

/// Errors: NotFound = unreadable; InvalidArgument = "file:line: what is wrong, what is allowed".
Result<Scenario> load_scenario(const std::string& path);

}  // namespace mehr::mehr_sim
