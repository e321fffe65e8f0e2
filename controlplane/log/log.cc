// One stderr sink. Under systemd the journal stamps the time, so the line leaves it out.
#include "controlplane/log/log.h"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace mehr::log {
namespace {

spdlog::string_view_t text(std::string_view line) {
  return {line.data(), line.size()};
}

}  // namespace

void start(std::string_view program, std::string_view level) {
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>(std::string(program), sink);
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  logger->set_pattern(journal ? "%n %l: %v" : "%Y-%m-%dT%H:%M:%S.%e %n %^%l%$: %v");
  const auto parsed = spdlog::level::from_str(std::string(level));
  logger->set_level(parsed == spdlog::level::off ? spdlog::level::info : parsed);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

void debug(std::string_view line) {
  spdlog::default_logger_raw()->log(spdlog::level::debug, text(line));
}
void info(std::string_view line) {
  spdlog::default_logger_raw()->log(spdlog::level::info, text(line));
}
void warn(std::string_view line) {
  spdlog::default_logger_raw()->log(spdlog::level::warn, text(line));
}
void error(std::string_view line) {
  spdlog::default_logger_raw()->log(spdlog::level::err, text(line));
}

}  // namespace mehr::log
