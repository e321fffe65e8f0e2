// Random handshake sequences by the million, for `tests/run --long`: handshake_sequences COUNT
// [SEED]. A sequence is one message or timer the intruder decides about. Prints progress and, at
// the end, what ran; exits 1 at the first wrong link, naming its seed.
#include <cstdio>
#include <cstdlib>

#include "intruder.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s COUNT [SEED]\n", argv[0]);
    return 2;
  }
  constexpr std::uint64_t kPerRun = 400;
  const std::uint64_t count = std::strtoull(argv[1], nullptr, 10);
  std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::uint64_t done = 0, linked = 0;
  for (; done < count; done += kPerRun, ++seed) {
    mehr::SeededRandom random(seed);
    mehr::Bytes decisions(kPerRun * 2);
    random.fill(decisions);
    mehr::link::Intruder intruder(seed);
    std::string wrong = intruder.run(decisions);
    linked += intruder.links_made();
    if (wrong.empty() && seed % 16 == 0) wrong = intruder.heal();
    if (!wrong.empty()) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), wrong.c_str());
      return 1;
    }
    if (seed % 1000 == 0) {
      std::printf("%llu sequences, %llu sessions\n", static_cast<unsigned long long>(done),
                  static_cast<unsigned long long>(linked));
      std::fflush(stdout);
    }
  }
  std::printf("%llu sequences, %llu sessions, none wrong\n", static_cast<unsigned long long>(done),
              static_cast<unsigned long long>(linked));
  return 0;
}
