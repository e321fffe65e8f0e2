// The log of mehrd and mehr-gateway: lines on stderr, once per change of state, never per packet.
// The newest lines are also kept here for those who ask later. Owns the only use of spdlog and
// those lines. Any thread after start().
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"

namespace mehr::log {

/// Opens the log. @param program name shown in each line
/// @param level "trace", "debug", "info", "warn" or "error"; anything else means "info"
void start(std::string_view program, std::string_view level);

/// From now on lines of this severity and above are logged.
void set_level(std::string_view level);

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };
std::string_view level_name(Level level);
/// Level::kDebug for an unknown name.
Level level_from_name(std::string_view name);

struct Line {
  UnixTime time;
  Level level = Level::kInfo;
  std::string text;  ///< at most kLineBytesMax
};
inline constexpr std::size_t kLinesKept = 2'000;     ///< then the oldest go
inline constexpr std::size_t kLineBytesMax = 1'024;  ///< of a kept line; the rest is cut

/// The newest `limit` kept lines of at least that severity, oldest first.
std::vector<Line> recent(std::size_t limit, Level least);
/// Calls `heard` with every line to come, on the thread that logs it; an empty function ends it.
/// `heard` must not log.
void listen(std::function<void(const Line&)> heard);

void debug(std::string_view line);
void info(std::string_view line);
void warn(std::string_view line);
void error(std::string_view line);

}  // namespace mehr::log
