// The dataplane's tables, at the sizes of a busy gateway and with nothing of them in the cache that
// would not be there at work.
#include <benchmark/benchmark.h>

#include <array>

#include "bench/micro/cycles.h"
#include "bench/micro/samples.h"
#include "dataplane/tables/digest.h"
#include "dataplane/tables/flow_table.h"
#include "dataplane/tables/meter.h"
#include "dataplane/tables/policer.h"
#include "dataplane/tables/replay_window.h"
#include "dataplane/tables/reverse_table.h"
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
      for (const std::uint64_t digest : digests)
        filter.fetch(digest);
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

/// Keys of a table's entries, drawn anew for every burst and at hand when the burst begins.
struct Keys {
  explicit Keys(std::uint64_t first) : next(first) {}
  static Hash16 of(std::uint64_t number) {
    SeededRandom random(number);
    return random.fixed<16>();
  }
  void add(std::size_t at, std::uint64_t number) {
    hashes[at] = of(number);
    pointers[at] = hashes[at].bytes.data();
  }
  std::uint64_t next;
  std::array<Hash16, kBurst> hashes;
  std::array<const std::uint8_t*, kBurst> pointers;
};

void flow_table_find(benchmark::State& state) {
  const auto entries = static_cast<std::uint64_t>(state.range(0));
  SeededRandom random(3);
  dataplane::FlowTable table(entries, random);
  for (std::uint64_t i = 0; i < entries; ++i)
    table.insert(Keys::of(i), static_cast<std::uint32_t>(i + 1));
  Keys keys(0);
  std::array<std::uint32_t, kBurst> values;
  Cycles cycles;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBurst; ++i)
      keys.add(i, random.below(entries));
    cycles.window(kBurst, [&] { table.find(keys.pointers, values); });
    benchmark::DoNotOptimize(values);
  }
  cycles.report(state);
}
BENCHMARK(flow_table_find)->ArgName("entries")->Arg(100'000)->Arg(10'000'000);

enum class ReverseWork : std::int64_t { kFind, kRemember, kSpend };

void reverse_table(benchmark::State& state) {
  const auto entries = static_cast<std::uint64_t>(state.range(0));
  const auto work = static_cast<ReverseWork>(state.range(1));
  SeededRandom random(4);
  dataplane::ReverseTable table(entries, random, Time{});
  for (std::uint64_t i = 0; i < entries; ++i)
    table.remember(Keys::of(i), {1, 2});
  Keys keys(entries);
  std::array<dataplane::ReverseEntry, kBurst> found, added;
  added.fill({1, 2});
  Cycles cycles;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBurst; ++i)
      keys.add(i, work == ReverseWork::kRemember ? keys.next++ : random.below(entries));
    cycles.window(kBurst, [&] {
      if (work == ReverseWork::kRemember) {
        table.remember(keys.pointers, added);
        return;
      }
      table.find(keys.pointers, found);
      dataplane::NeighbourIndex received = 0;
      for (std::size_t i = 0; work == ReverseWork::kSpend && i < kBurst; ++i)
        benchmark::DoNotOptimize(table.spend(keys.pointers[i], 2, received));
    });
    benchmark::DoNotOptimize(found);
    // As many as before for the next burst.
    if (work == ReverseWork::kSpend) table.remember(keys.pointers, added);
  }
  cycles.report(state);
}
BENCHMARK(reverse_table)
    ->ArgNames({"entries", "work"})
    ->ArgsProduct({{100'000, 10'000'000}, {0, 1, 2}});

/// A burst of each of 64 neighbours in turn: ask, fill, take.
void policer_admit(benchmark::State& state) {
  dataplane::Policers policers(1'024, 4);
  for (std::size_t i = 0; i < 1'024; ++i)
    policers.of(i, 1).set({1'000'000'000, 1'000'000, 100'000, 1'000}, 2'600'000'000, __rdtsc());
  SeededRandom random(5);
  Cycles cycles;
  for (auto _ : state) {
    std::array<std::size_t, kBurst> from;
    for (std::size_t& each : from)
      each = random.below(1'024);
    std::uint64_t admitted = 0;
    cycles.window(kBurst, [&] {
      const std::uint64_t now = __rdtsc();
      for (const std::size_t each : from)
        admitted += policers.of(each, 1).admit(484, now) ? 1u : 0u;
    });
    benchmark::DoNotOptimize(admitted);
  }
  cycles.report(state);
}
BENCHMARK(policer_admit);

void meter_count(benchmark::State& state) {
  dataplane::Meters meters(1'024, 8);
  SeededRandom random(6);
  Cycles cycles;
  for (auto _ : state) {
    std::array<std::size_t, kBurst> to;
    for (std::size_t& each : to)
      each = random.below(8'192);
    cycles.window(kBurst, [&] {
      for (const std::size_t each : to)
        meters.count(each / 8, each % 8, 1, 484);
    });
  }
  cycles.report(state);
}
BENCHMARK(meter_count);

/// Frames in order over 64 lanes, or `back` behind the newest: ask for the burst, then mark.
void replay_window(benchmark::State& state) {
  std::vector<dataplane::ReplayWindow> lanes(64);
  std::vector<std::uint64_t> next(64);
  const auto back = static_cast<std::uint64_t>(state.range(0));
  Cycles cycles;
  std::size_t lane = 0;
  for (auto _ : state) {
    std::array<std::uint64_t, kBurst> sequences;
    for (std::size_t i = 0; i < kBurst; ++i)
      sequences[i] = next[lane]++ ^ back;
    std::uint64_t marked = 0;
    cycles.window(kBurst, [&] {
      const std::uint64_t fresh = lanes[lane].fresh(sequences);
      for (std::size_t i = 0; i < kBurst; ++i)
        marked += (fresh >> i & 1) != 0 && lanes[lane].mark(sequences[i]) ? 1u : 0u;
    });
    if (marked != kBurst) state.SkipWithError("a frame was refused");
    lane = (lane + 1) % lanes.size();
  }
  cycles.report(state);
}
BENCHMARK(replay_window)->ArgName("back")->Arg(0)->Arg(2'048);

}  // namespace
}  // namespace mehr::bench
