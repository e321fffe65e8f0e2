// A scenario's result for people: tables on the terminal and a drawing. Called by main.
#pragma once

#include <string>

#include "tools/mehr-sim/scenario_run.h"

namespace mehr::mehr_sim {

/// Loads, runs, prints; draws when `svg` is not empty. @return the exit code
int run_scenario(const std::string& file, const std::string& svg);
/// Delivery, latency, convergence, lines and air, as lines of text.
std::string tables(const Scenario& scenario, const ScenarioResult& result);
/// Three plots over virtual time: messages with their latency, known ways, load; faults as bands.
std::string drawing(const Scenario& scenario, const ScenarioResult& result);

}  // namespace mehr::mehr_sim
