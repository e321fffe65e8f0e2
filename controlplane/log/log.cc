// One stderr sink. Under systemd the journal stamps the time, so the line leaves it out. The ring
// of kept lines has a lock, because the store's thread logs too.
#include "controlplane/log/log.h"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace mehr::log {
namespace {

spdlog::string_view_t text(std::string_view line) {
  return {line.data(), line.size()};
}

struct Kept {
  std::mutex mutex;
  std::deque<Line> lines;
  std::function<void(const Line&)> heard;
};

Kept& kept() {
  static Kept instance;
  return instance;
}

constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};
constexpr std::array<spdlog::level::level_enum, 4> kSpdlog{
    spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};

void write(Level level, std::string_view line) {
  const auto native = kSpdlog[static_cast<std::size_t>(level)];
  auto* const logger = spdlog::default_logger_raw();
  logger->log(native, text(line));
  if (!logger->should_log(native)) return;
  const auto now =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  Kept& ring = kept();
  const std::lock_guard lock(ring.mutex);
  ring.lines.push_back({now, level, std::string(line.substr(0, kLineBytesMax))});
  if (ring.lines.size() > kLinesKept) ring.lines.pop_front();
  if (ring.heard) ring.heard(ring.lines.back());
}

}  // namespace

void start(std::string_view program, std::string_view level) {
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>(std::string(program), sink);
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  logger->set_pattern(journal ? "%n %l: %v" : "%Y-%m-%dT%H:%M:%S.%e %n %^%l%$: %v");
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  set_level(level);
}

void set_level(std::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  spdlog::default_logger_raw()->set_level(parsed == spdlog::level::off ? spdlog::level::info
                                                                       : parsed);
}

std::string_view level_name(Level level) {
  return kNames[static_cast<std::size_t>(level)];
}

Level level_from_name(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? Level::kDebug : static_cast<Level>(found - kNames.begin());
}

std::vector<Line> recent(std::size_t limit, Level least) {
  Kept& ring = kept();
  const std::lock_guard lock(ring.mutex);
  std::vector<Line> out;
  for (auto line = ring.lines.rbegin(); line != ring.lines.rend() && out.size() < limit; ++line) {
    if (line->level >= least) out.push_back(*line);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

void listen(std::function<void(const Line&)> heard) {
  Kept& ring = kept();
  const std::lock_guard lock(ring.mutex);
  ring.heard = std::move(heard);
}

void debug(std::string_view line) {
  write(Level::kDebug, line);
}
void info(std::string_view line) {
  write(Level::kInfo, line);
}
void warn(std::string_view line) {
  write(Level::kWarn, line);
}
void error(std::string_view line) {
  write(Level::kError, line);
}

}  // namespace mehr::log
