// Tables of a scenario, and the command that makes them. The drawing is in drawing.cc.
#include "tools/mehr-sim/scenario_report.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <fstream>

namespace mehr::mehr_sim {
namespace {

[[gnu::format(printf, 1, 2)]] std::string line(const char* format, ...) {
  std::array<char, 256> out{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(out.data(), out.size(), format, arguments);
  va_end(arguments);
  return out.data();
}

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[std::min(index, sorted.size() - 1)];
}

std::string delivery(const ScenarioResult& result) {
  std::string out = line("%-14s %8s %8s %8s %8s %9s\n", "messages of", "written", "proved",
                         "given up", "open", "delivery");
  const auto row = [&](const std::string& name, auto wanted) {
    std::size_t sent = 0, proved = 0, failed = 0;
    for (const Letter& letter : result.letters) {
      if (!wanted(letter)) continue;
      ++sent;
      if (letter.delivered) ++proved;
      if (!letter.delivered && (letter.failed || letter.forgotten)) ++failed;
    }
    if (sent == 0) return;
    out += line("%-14s %8zu %8zu %8zu %8zu %8.1f%%\n", name.c_str(), sent, proved, failed,
                sent - proved - failed,
                100.0 * static_cast<double>(proved) / static_cast<double>(sent));
  };
  for (HostId i = 0; i < result.nodes.size(); ++i)
    row(result.nodes[i], [i](const Letter& letter) { return letter.from == i; });
  row("all", [](const Letter&) { return true; });
  return out;
}

std::string latency(const ScenarioResult& result) {
  std::string out = line("\n%-14s %8s %9s %9s %9s %9s\n", "latency over", "messages", "p50 s",
                         "p90 s", "p99 s", "most s");
  for (unsigned hops = 1; hops <= 16; ++hops) {
    std::vector<double> seconds;
    for (const Letter& letter : result.letters) {
      if (letter.received && letter.hops == hops)
        seconds.push_back(to_seconds(*letter.received - letter.sent));
    }
    if (seconds.empty()) continue;
    std::sort(seconds.begin(), seconds.end());
    out += line("%-14s %8zu %9.3f %9.3f %9.3f %9.3f\n", line("%u hops", hops).c_str(),
                seconds.size(), percentile(seconds, 0.5), percentile(seconds, 0.9),
                percentile(seconds, 0.99), seconds.back());
  }
  return out;
}

}  // namespace

std::string tables(const Scenario& scenario, const ScenarioResult& result) {
  std::string out = delivery(result) + latency(result);
  out += result.converged ? line("\nconverged      everybody knew everybody by %.0f s\n",
                                 to_seconds(result.converged->time_since_epoch()))
                          : std::string("\nconverged      never did everybody know everybody\n");
  const double duration = to_seconds(scenario.duration);
  if (!result.links.empty()) out += line("\n%-24s %12s %12s\n", "line", "bytes", "bit/s");
  for (const LinkRow& row : result.links) {
    out +=
        line("%-24s %12llu %12.1f\n", row.name.c_str(), static_cast<unsigned long long>(row.bytes),
             static_cast<double>(row.bytes) * 8 / duration);
  }
  if (!result.radios.empty()) {
    out += line("\n%-14s %8s %9s %10s %8s %8s %8s\n", "radio of", "frames", "bytes", "airtime s",
                "share", "heard", "lost");
  }
  for (const RadioRow& row : result.radios) {
    out += line(
        "%-14s %8llu %9llu %10.1f %7.2f%% %8llu %8llu\n", row.node.c_str(),
        static_cast<unsigned long long>(row.frames), static_cast<unsigned long long>(row.bytes),
        to_seconds(row.airtime), 100 * to_seconds(row.airtime) / duration,
        static_cast<unsigned long long>(row.heard), static_cast<unsigned long long>(row.lost));
  }
  out += line("\n%.0f s of %zu nodes in %llu events, trace %s\n", duration, result.nodes.size(),
              static_cast<unsigned long long>(result.events),
              to_hex(result.trace).substr(0, 16).c_str());
  return out;
}

int run_scenario(const std::string& file, const std::string& svg) {
  const auto scenario = load_scenario(file);
  if (!scenario.ok()) {
    std::fprintf(stderr, "mehr-sim: %s\n", std::string(scenario.status().message()).c_str());
    return 2;
  }
  std::printf("%s\n\n", scenario->title.c_str());
  std::fflush(stdout);
  const ScenarioResult result = run_scenario(*scenario);
  std::printf("%s", tables(*scenario, result).c_str());
  if (!svg.empty()) {
    std::ofstream out(svg, std::ios::trunc);
    out << drawing(*scenario, result);
    out.flush();
    if (!out) {
      std::fprintf(stderr, "mehr-sim: %s cannot be written\n", svg.c_str());
      return 2;
    }
    std::printf("drawn into %s\n", svg.c_str());
  }
  if (!result.breach) return 0;
  std::printf("BROKEN at %.3f s: %s: %s\n", to_seconds(result.breach->at.time_since_epoch()),
              result.breach->invariant.c_str(), result.breach->detail.c_str());
  return 1;
}

}  // namespace mehr::mehr_sim
