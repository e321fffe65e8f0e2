// Comparing trace hashes. See golden.h.
#include "tools/mehr-sim/golden.h"

#include <cstdio>
#include <fstream>
#include <utility>
#include <vector>

#include "tools/mehr-sim/seed.h"

namespace mehr::mehr_sim {
namespace {

using Entries = std::vector<std::pair<std::uint64_t, std::string>>;

Entries read(const std::string& path) {
  Entries out;
  std::ifstream file(path);
  std::uint64_t seed = 0;
  std::string hash;
  while (file >> seed >> hash)
    out.emplace_back(seed, hash);
  return out;
}

}  // namespace

int check_golden(const std::string& path) {
  const Entries entries = read(path);
  if (entries.empty()) {
    std::fprintf(stderr, "mehr-sim: %s: no seeds\n", path.c_str());
    return 2;
  }
  int wrong = 0;
  for (const auto& [seed, hash] : entries) {
    const std::string now = to_hex(run_seed(seed).trace);
    if (now == hash) continue;
    ++wrong;
    std::printf("seed %llu: trace %s, expected %s\n", static_cast<unsigned long long>(seed),
                now.c_str(), hash.c_str());
  }
  std::printf("%zu seeds, %d differ\n", entries.size(), wrong);
  if (wrong > 0) {
    std::printf("after a change of behaviour: mehr-sim golden --write %s\n", path.c_str());
  }
  return wrong == 0 ? 0 : 1;
}

int write_golden(const std::string& path) {
  Entries entries = read(path);
  std::ofstream file(path, std::ios::trunc);
  for (auto& [seed, hash] : entries)
    file << seed << ' ' << to_hex(run_seed(seed).trace) << '\n';
  file.flush();
  if (!file) std::fprintf(stderr, "mehr-sim: %s cannot be written\n", path.c_str());
  return file ? 0 : 2;
}

}  // namespace mehr::mehr_sim
