// What it costs to know a packet by its hash: batches of SHA-256 by every implementation, alone,
// full and mixed.
#include <benchmark/benchmark.h>

#include "bench/micro/cycles.h"
#include "bench/micro/samples.h"
#include "core/crypto/sha256_batch.h"

namespace mehr::bench {
namespace {

using crypto::Sha256Batch;
using crypto::Sha256Kernel;
using crypto::Sha256Message;

/// Packets of `size` bytes, or of IMIX when it is 0; many more than fit the first cache.
struct Packets {
  explicit Packets(std::size_t size) {
    SeededRandom random(1);
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint64_t draw = random.below(12);
      const std::size_t imix = draw < 7 ? 64 : draw < 11 ? 484 : 1'500;
      raw.push_back(random_bytes(size != 0 ? size : imix, i));
      raw.back()[0] &= 0x3F;
    }
    for (const Bytes& each : raw)
      messages.push_back(crypto::packet_hash_message(each));
  }
  std::vector<Bytes> raw;
  std::vector<Sha256Message> messages;
};

/// Arguments: implementation, packet size (0: IMIX), packets a call.
void sha256_batch(benchmark::State& state) {
  const auto batch = Sha256Batch::of(static_cast<Sha256Kernel>(state.range(0)));
  if (!batch) {
    state.SkipWithError("this processor cannot run it");
    return;
  }
  const Packets packets(static_cast<std::size_t>(state.range(1)));
  const auto count = static_cast<std::size_t>(state.range(2));
  std::vector<Hash32> out(count);
  std::size_t at = 0;
  Cycles cycles;
  for (auto _ : state) {
    cycles.window(count, [&] { batch->hash({&packets.messages[at], count}, out); });
    benchmark::DoNotOptimize(out.data());
    at = at + 2 * count <= packets.messages.size() ? at + count : 0;
  }
  cycles.report(state);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"kernel", "bytes", "count"});
  for (const std::int64_t kernel : {0, 1, 2, 3}) {
    for (const std::int64_t size : {64, 128, 484, 1'500, 0})
      benchmark->Args({kernel, size, 64});
    for (const std::int64_t count : {1, 2, 4, 8, 12, 16, 20, 32})
      benchmark->Args({kernel, 484, count});
  }
}
BENCHMARK(sha256_batch)->Apply(sizes)->MinTime(0.1);

}  // namespace
}  // namespace mehr::bench
