// What the router's decision on one packet costs: data along a path, a duplicate, an announce. The
// sink counts and forgets, so that this is the decision alone, without framing or kernel.
#include "controlplane/routing/router.h"

#include <benchmark/benchmark.h>

#include "bench/micro/samples.h"

namespace mehr::bench {
namespace {

using routing::InterfaceId;

class CountingSink final : public routing::RouterSink {
 public:
  bool control(InterfaceId, wire::HopControl, ByteView) override { return true; }
  void transmit(InterfaceId, ByteView, wire::HopClass) override { ++transmitted; }
  void deliver(const routing::Delivery&) override {}
  void announce_heard(const routing::HeardAnnounce&) override { ++heard; }
  void announce_wanted(const DestinationHash&, InterfaceId) override {}
  void path_changed(const routing::PathEntry&) override {}
  void path_removed(const DestinationHash&) override {}
  void tunnel_changed(const routing::TunnelEntry&) override {}
  void tunnel_synthesis_wanted(InterfaceId, const Hash32&) override {}

  std::size_t transmitted = 0, heard = 0;
};

/// A transport node with two interfaces, 1 and 2, and `paths` destinations behind 2.
struct Node {
  explicit Node(std::size_t paths) : router(config(), sink, random, counters) {
    for (const std::uint32_t id : {1u, 2u}) {
      routing::InterfaceTraits traits;
      traits.name = std::to_string(id);
      traits.bitrate_bps = 1'000'000'000;
      traits.ingress_control = false;
      router.interface_up(InterfaceId{id}, traits, now);
    }
    for (std::size_t i = 0; i < paths; ++i) {
      routing::PathEntry entry;
      entry.destination = random.fixed<16>();
      entry.next_hop = random.fixed<16>();
      entry.hops = 2;
      entry.interface_name = "2";
      entry.learned = entry.last_used = now;
      entry.expires = now + std::chrono::hours{24};
      target = entry.destination;
      router.restore_path(entry, now);
    }
  }

  static routing::RouterConfig config() {
    SeededRandom random(1);
    const auto identity = crypto::PrivateIdentity::generate(random);
    routing::RouterConfig config;
    config.transport_identity = identity.public_identity();
    config.transport_id = identity.hash();
    return config;
  }

  CountingSink sink;
  SeededRandom random{2};
  border::Counters counters;
  Time now{std::chrono::hours{1}};
  DestinationHash target;
  routing::Router router;
};

/// A packet on its way through this node to `destination`, as the neighbour before us sends it.
Bytes transit_packet(const DestinationHash& destination, std::size_t size) {
  const Bytes data = random_bytes(size, 3);
  wire::Packet packet;
  packet.header_type = wire::HeaderType::kTwo;
  packet.transport_type = wire::TransportType::kTransport;
  packet.hops = 1;
  packet.transport_id = Node::config().transport_id;
  packet.destination = destination;
  packet.data = data;
  return wire::encode_packet(packet);
}

/// Arguments: paths in the table, bytes of data.
void router_forward_data(benchmark::State& state) {
  Node node(static_cast<std::size_t>(state.range(0)));
  Bytes raw = transit_packet(node.target, static_cast<std::size_t>(state.range(1)));
  std::uint64_t number = 0;
  for (auto _ : state) {
    ++number;  // every packet is a new one
    std::memcpy(raw.data() + raw.size() - sizeof number, &number, sizeof number);
    node.now += Duration{10};
    node.router.receive(InterfaceId{1}, raw, {}, node.now);
    if (number % 1024 == 0) node.router.tick(node.now);
  }
  if (node.sink.transmitted < number) state.SkipWithError("not every packet was forwarded");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(router_forward_data)->Args({1, 64})->Args({1, 431})->Args({100'000, 64});

void router_duplicate(benchmark::State& state) {
  Node node(1);
  const Bytes raw = transit_packet(node.target, 64);
  for (auto _ : state) {
    node.router.receive(InterfaceId{1}, raw, {}, node.now);
  }
  if (node.sink.transmitted != 1) state.SkipWithError("a duplicate was forwarded");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(router_duplicate);

/// Announces of destinations never heard before: signature, path table, schedule of the relay.
void router_announce(benchmark::State& state) {
  constexpr std::size_t kAnnounces = 2'000;
  static const auto kSamples = [] {
    std::vector<Bytes> out;
    for (std::uint64_t i = 0; i < kAnnounces; ++i) {
      out.push_back(announce_packet(1'000 + i));
    }
    return out;
  }();
  Node node(0);
  std::size_t next = 0;
  for (auto _ : state) {
    node.now += 1ms;
    node.router.receive(InterfaceId{1}, kSamples[next++], {}, node.now);
  }
  if (node.router.tables().paths != kAnnounces)
    state.SkipWithError("not every announce was learned");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(router_announce)->Iterations(2'000);

}  // namespace
}  // namespace mehr::bench
