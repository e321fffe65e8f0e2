// mehr-sim: the command line. Runs scenarios, single seeds, many seeds, and the golden file.
#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/log/log.h"
#include "tools/mehr-sim/golden.h"
#include "tools/mehr-sim/scenario_report.h"
#include "tools/mehr-sim/totals.h"

namespace mehr::mehr_sim {
namespace {

constexpr const char* kExits =
    "Exit codes: 0 everything held, 1 an invariant broke or a figure was missed, 2 wrong usage or "
    "unreadable file.";

void print_line(const SeedResult& one) {
  std::printf(
      "seed %6llu  %2zu nodes %2zu links %zu radios  %7llu events  %4llu written %4llu proved"
      "  trace %s  %s\n",
      static_cast<unsigned long long>(one.seed), one.hosts, one.links, one.radios,
      static_cast<unsigned long long>(one.events),
      static_cast<unsigned long long>(one.traffic.sent),
      static_cast<unsigned long long>(one.traffic.delivered),
      to_hex(one.trace).substr(0, 16).c_str(), one.breach ? "BROKEN" : "ok");
}

int run_one(std::uint64_t seed, bool trace, bool honest) {
  SeedOptions options;
  options.insiders = !honest;
  if (trace) options.trace = [](const std::string& line) { std::puts(line.c_str()); };
  const SeedResult result = run_seed(seed, options);
  print_line(result);
  std::printf("%s", describe(result).c_str());
  return result.breach ? 1 : 0;
}

int run_many(const std::vector<std::uint64_t>& seeds, bool verbose) {
  Totals totals;
  for (const std::uint64_t seed : seeds) {
    const SeedResult result = run_seed(seed);
    totals.add(result);
    if (verbose) print_line(result);
    if (result.breach) std::printf("%s\n", describe(result).c_str());
    if (totals.seeds() % 100 == 0 && totals.seeds() < seeds.size()) {
      std::printf("%zu of %zu seeds, %zu broken\n", totals.seeds(), seeds.size(),
                  totals.broken().size());
    }
    std::fflush(stdout);
  }
  std::printf("%s", totals.text().c_str());
  const auto failures = totals.failures();
  for (const std::string& failure : failures)
    std::printf("FAILED: %s\n", failure.c_str());
  return failures.empty() ? 0 : 1;
}

std::vector<std::uint64_t> counted(std::uint64_t from, std::uint64_t count) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t seed = from; seed < from + count; ++seed)
    out.push_back(seed);
  return out;
}

// One seed a line; what follows it on the line says why it is kept. @return nullopt, having said
// why, when the file cannot be read or has a line without a number
std::optional<std::vector<std::uint64_t>> listed(const std::string& path) {
  std::vector<std::uint64_t> out;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::uint64_t seed = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), seed).ec != std::errc()) {
      std::fprintf(stderr, "mehr-sim: %s: no number in \"%s\"\n", path.c_str(), line.c_str());
      return std::nullopt;
    }
    out.push_back(seed);
  }
  if (file.is_open() && file.eof()) return out;
  std::fprintf(stderr, "mehr-sim: %s cannot be read\n", path.c_str());
  return std::nullopt;
}

int run_seeds(std::uint64_t from, std::uint64_t count, const std::string& list, bool verbose) {
  std::vector<std::uint64_t> seeds;
  if (!list.empty()) {
    auto named = listed(list);
    if (!named) return 2;
    seeds = *std::move(named);
  }
  const auto more = counted(from, count);
  seeds.insert(seeds.end(), more.begin(), more.end());
  if (seeds.empty()) {
    std::fprintf(stderr, "mehr-sim: no seeds: COUNT is 0%s\n",
                 list.empty() ? "" : " and the list is empty");
    return 2;
  }
  return run_many(seeds, verbose);
}

int run(int argc, char** argv) {
  CLI::App app("A whole Mehr network in one process, in virtual time.");
  app.require_subcommand(1);
  app.footer(kExits);
  std::string file, svg, list;
  std::uint64_t seed = 0, from = 1, count = 0;
  bool trace = false, honest = false, write = false, verbose = false;

  auto* scenario = app.add_subcommand("run", "run a scenario file and print what happened");
  scenario->add_option("FILE", file, "scenario (TOML)")->required();
  scenario->add_option("--svg", svg, "also draw it into this file");
  auto* one = app.add_subcommand("seed", "run the simulation drawn from one number");
  one->add_option("N", seed, "the seed")->required();
  one->add_flag("--trace", trace, "print every event");
  one->add_flag("--honest", honest, "nobody lies inside a hop link: is it the lies?");
  auto* many = app.add_subcommand("seeds", "run many seeds and add up");
  many->add_option("FROM", from, "first seed");
  many->add_option("COUNT", count, "how many");
  many->add_option("--list", list, "also the seeds of this file, one a line");
  many->add_flag("--verbose", verbose, "a line for every seed");
  auto* golden = app.add_subcommand("golden", "compare trace hashes with a file");
  golden->add_option("FILE", file, "lines of seed and hash")->required();
  golden->add_flag("--write", write, "write the hashes of this build instead");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (scenario->parsed()) return run_scenario(file, svg);
  if (one->parsed()) return run_one(seed, trace, honest);
  if (golden->parsed()) return write ? write_golden(file) : check_golden(file);
  return run_seeds(from, count, list, verbose);
}

}  // namespace
}  // namespace mehr::mehr_sim

int main(int argc, char** argv) {
  mehr::log::start("mehr-sim", "critical");  // what simulated gateways say is no news
  return mehr::mehr_sim::run(argc, argv);
}
