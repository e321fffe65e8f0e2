// mehr-sim: runs seeds of the simulator and prints what came out.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "controlplane/log/log.h"
#include "tools/mehr-sim/seed.h"

namespace mehr::mehr_sim {
namespace {

void print_line(const SeedResult& r) {
  std::printf(
      "seed %6llu  %2zu hosts %2zu links %zu radios  %6.1f node-hours  %7llu events  sent %4llu "
      "delivered %4llu failed %3llu forgotten %2llu  loops %3llu  %s  %s\n",
      static_cast<unsigned long long>(r.seed), r.hosts, r.links, r.radios, r.node_hours(),
      static_cast<unsigned long long>(r.events), static_cast<unsigned long long>(r.traffic.sent),
      static_cast<unsigned long long>(r.traffic.delivered),
      static_cast<unsigned long long>(r.traffic.failed),
      static_cast<unsigned long long>(r.traffic.forgotten),
      static_cast<unsigned long long>(r.loops_seen), to_hex(r.trace).substr(0, 16).c_str(),
      r.breach ? "BROKEN" : "ok");
}

}  // namespace
}  // namespace mehr::mehr_sim

int main(int argc, char** argv) {
  using namespace mehr;
  using namespace mehr::mehr_sim;
  log::start("mehr-sim", "critical");
  std::uint64_t from = 1, count = 1;
  bool trace = false;
  CLI::App app("simulator");
  app.add_option("from", from);
  app.add_option("count", count);
  app.add_flag("--trace", trace);
  CLI11_PARSE(app, argc, argv);
  int broken = 0;
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    SeedOptions options;
    if (trace) options.trace = [](const std::string& line) { std::puts(line.c_str()); };
    const SeedResult result = run_seed(seed, options);
    print_line(result);
    if (result.breach) {
      ++broken;
      std::printf("%s", describe(result).c_str());
    }
  }
  return broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
