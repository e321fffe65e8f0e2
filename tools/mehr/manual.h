// Manual pages (man, roff) from what the program knows: the command tree, the manual of the
// configuration, the lists of metrics. Pure.
#pragma once

#include <string>
#include <string_view>

#include "tools/mehr/command_tree.h"

namespace mehr::cli {

/// mehr(1).
std::string command_page(const CommandFacts& tree, std::string_view version);
/// mehr.toml(5), from core/config/default.toml.
std::string configuration_page(std::string_view version);
/// mehr-metrics(7): every counter and gauge.
std::string metrics_page(std::string_view version);

}  // namespace mehr::cli
