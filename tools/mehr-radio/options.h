// The command line of mehr-radio as values. Owns the texts of --help and the checks of every value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mehr::mehr_radio {

struct NodeOption {
  std::string name;
  double gain_db = 0;  ///< added to every path from and to the node
};
struct PairOption {
  std::string from, to;
  bool both = true;  ///< A:B both ways, A>B one way
  double value = 0;
};

struct Options {
  std::string link_directory;
  std::vector<NodeOption> nodes;
  std::vector<PairOption> losses, gains;
  std::uint64_t seed = 1;
  double speed = 1;
  bool live = false;
  bool quiet = false;
  std::string json_log, stats_file, control_path;
};

/// Parsed options, or what to print and the exit code (0 for --help and --version).
struct OptionsRead {
  Options options;
  std::string message;
  int exit_code = -1;  ///< -1: go on
};
OptionsRead read_options(int argc, const char* const* argv);

/// "NAME" or "NAME,gain=-3".
Result<NodeOption> read_node(const std::string& text);
/// "A:B=0.1" (both ways) or "A>B=0.1".
Result<PairOption> read_pair(const std::string& text);

}  // namespace mehr::mehr_radio
