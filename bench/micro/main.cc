// Entry of the micro benchmarks: Google Benchmark's own, after libsodium has chosen its code for
// this processor. The benchmarks are in the files beside this one, by subject.
#include <benchmark/benchmark.h>
#include <sodium.h>

int main(int argc, char** argv) {
  if (sodium_init() < 0) return 1;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
