// The log of mehrd and mehr-gateway: lines on stderr, once per change of state, never per packet.
// Owns the only use of spdlog. Any thread after start().
#pragma once

#include <string_view>

namespace mehr::log {

/// Opens the log. @param program name shown in each line
/// @param level "trace", "debug", "info", "warn" or "error"; anything else means "info"
void start(std::string_view program, std::string_view level);

void debug(std::string_view line);
void info(std::string_view line);
void warn(std::string_view line);
void error(std::string_view line);

}  // namespace mehr::log
