// What bytes cost before any decision: headers, hashes, framing.
#include <benchmark/benchmark.h>

#include "bench/micro/samples.h"
#include "core/wire/hdlc.h"
#include "core/wire/kiss.h"

namespace mehr::bench {
namespace {

void packet_decode(benchmark::State& state) {
  const Bytes raw = data_packet({}, static_cast<std::size_t>(state.range(0)), 1);
  for (auto _ : state) {
    auto packet = wire::decode_packet(raw);
    benchmark::DoNotOptimize(packet);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(packet_decode)->Arg(64)->Arg(464);

void packet_hash(benchmark::State& state) {
  const Bytes raw = data_packet({}, static_cast<std::size_t>(state.range(0)), 2);
  for (auto _ : state) {
    auto hash = crypto::packet_hash(raw);
    benchmark::DoNotOptimize(hash);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(packet_hash)->Arg(64)->Arg(464);

void hdlc_encode(benchmark::State& state) {
  const Bytes raw = data_packet({}, static_cast<std::size_t>(state.range(0)), 3);
  Bytes out;
  for (auto _ : state) {
    out.clear();
    wire::hdlc_append(out, raw);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(raw.size()));
}
BENCHMARK(hdlc_encode)->Arg(64)->Arg(464);

void hdlc_decode(benchmark::State& state) {
  Bytes stream;
  for (std::uint64_t i = 0; i < 64; ++i) {
    wire::hdlc_append(stream, data_packet({}, static_cast<std::size_t>(state.range(0)), i));
  }
  wire::HdlcDecoder decoder(1064, 0);
  std::size_t frames = 0;
  for ([[maybe_unused]] auto _ : state) {
    decoder.push(stream, [&](ByteView) { ++frames; });
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(frames));
}
BENCHMARK(hdlc_decode)->Arg(64)->Arg(464);

void kiss_encode(benchmark::State& state) {
  const Bytes raw = data_packet({}, static_cast<std::size_t>(state.range(0)), 4);
  Bytes out;
  for (auto _ : state) {
    out.clear();
    wire::kiss_append(out, wire::kKissData, raw);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(raw.size()));
}
BENCHMARK(kiss_encode)->Arg(464);

}  // namespace
}  // namespace mehr::bench
