// Random handshake sequences by the million, for `tests/run --long`:
// handshake_sequences COUNT [STATE-FILE]. A sequence is one message or timer the intruder decides
// about. Prints the time each million took and, at the end, what ran; continues where the state
// file says an earlier call stopped; exits 1 at the first wrong link, naming its seed.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "intruder.h"

namespace {

constexpr std::uint64_t kPerRun = 400;
constexpr std::uint64_t kReportEvery = 1'000'000;

struct Progress {
  std::uint64_t done = 0, seed = 1, linked = 0;
};

/// What is wrong with this seed, or empty.
std::string run(Progress& progress) {
  mehr::SeededRandom random(progress.seed);
  mehr::Bytes decisions(kPerRun * 2);
  random.fill(decisions);
  mehr::link::Intruder intruder(progress.seed);
  std::string wrong = intruder.run(decisions);
  progress.linked += intruder.links_made();
  // Healing takes as long as the rest; every sixteenth is asked to.
  if (wrong.empty() && progress.seed % 16 == 0) wrong = intruder.heal();
  return wrong;
}

void keep(const char* path, const Progress& progress) {
  if (path == nullptr) return;
  const std::string fresh = std::string(path).append(".new");
  std::ofstream(fresh) << progress.done << ' ' << progress.seed << ' ' << progress.linked << '\n';
  std::rename(fresh.c_str(), path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s COUNT [STATE-FILE]\n", argv[0]);
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::uint64_t count = std::strtoull(argv[1], nullptr, 10);
  const char* state = argc > 2 ? argv[2] : nullptr;
  Progress progress;
  if (state != nullptr) {
    std::ifstream file(state);
    Progress earlier;
    if (file >> earlier.done >> earlier.seed >> earlier.linked) progress = earlier;
  }
  if (progress.done > 0) std::printf("continuing after %lu sequences\n", progress.done);
  auto begin = std::chrono::steady_clock::now();
  for (; progress.done < count; progress.done += kPerRun, ++progress.seed) {
    const std::string wrong = run(progress);
    if (!wrong.empty()) {
      std::printf("seed %lu: %s\n", progress.seed, wrong.c_str());
      return 1;
    }
    if ((progress.done + kPerRun) % kReportEvery != 0) continue;
    const auto now = std::chrono::steady_clock::now();
    std::printf("%lu sequences, %lu sessions, %.1f s for this million\n", progress.done + kPerRun,
                progress.linked, std::chrono::duration<double>(now - begin).count());
    begin = now;
    keep(state, {progress.done + kPerRun, progress.seed + 1, progress.linked});
  }
  std::printf("%lu sequences, %lu sessions, none wrong\n", progress.done, progress.linked);
  return 0;
}
