// The dataplane's tables, at the sizes of a busy gateway and with nothing of them in the cache that
// would not be there at work.
#include <benchmark/benchmark.h>

#include "bench/micro/cycles.h"
#include "bench/micro/samples.h"
#include "dataplane/tables/digest.h"
#include "dataplane/tables/seen_filter.h"

namespace mehr::bench {
namespace {

constexpr std::size_t kBurst = 64;

void packet_digest(benchmark::State& state) {
  SeededRandom random(1);
  const dataplane::PacketDigest digest(random);
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < kBurst; ++i) {
    packets.push_back(random_bytes(static_cast<std::size_t>(state.range(0)), i));
    packets.back()[0] &= 0x3F;
  }
  const std::vector<ByteView> views(packets.begin(), packets.end());
  std::vector<std::uint64_t> out(kBurst);
  Cycles cycles;
  for (auto _ : state) {
    cycles.window(kBurst, [&] { digest.of(views, out); });
    benchmark::DoNotOptimize(out.data());
  }
  cycles.report(state);
}
BENCHMARK(packet_digest)->ArgName("bytes")->Arg(64)->Arg(128)->Arg(484)->Arg(1'500)->Arg(4'096);

/// What the dedup stage does with a burst of new packets: ask for all, remember each.
void seen_filter(benchmark::State& state) {
  const auto per_generation = static_cast<std::size_t>(state.range(0));
  dataplane::SeenFilter filter(per_generation);
  dataplane::SeenFilter::Claim claim;
  SeededRandom random(2);
  for (std::size_t i = 0; i < 2 * per_generation; ++i)
    filter.remember(random.next(), claim);
  std::vector<std::uint64_t> digests(kBurst);
  Cycles cycles;
  const bool remember = state.range(1) != 0;
  for (auto _ : state) {
    for (std::uint64_t& digest : digests)
      digest = random.next();
    std::uint64_t bits = 0;
    cycles.window(kBurst, [&] {
      bits = filter.seen(digests);
      for (std::size_t i = 0; remember && i < kBurst; ++i)
        filter.remember(digests[i], claim);
    });
    benchmark::DoNotOptimize(bits);
  }
  cycles.report(state);
}
BENCHMARK(seen_filter)
    ->ArgNames({"generation", "remember"})
    ->ArgsProduct({{500'000, 10'000'000}, {0, 1}});

}  // namespace
}  // namespace mehr::bench
