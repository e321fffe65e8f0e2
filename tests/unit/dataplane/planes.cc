// Feeding and comparing.
#include "tests/unit/dataplane/planes.h"

#include <algorithm>

#include "dataplane/stages/seen.h"

namespace mehr::dataplane::test {
namespace {

using border::Counter;
using routing::test::World;

routing::InterfaceTraits hop_traits(NeighbourIndex index) {
  routing::InterfaceTraits traits;
  traits.hop_link = true;
  traits.neighbour = Planes::identity_of(index);
  traits.latency = 10ms;
  traits.bitrate_bps = 1'000'000'000'000;  // budgets of urgent packets that nobody exhausts here
  traits.hardware_mtu = Planes::kMtu;
  traits.ingress_control = false;
  return traits;
}

routing::RouterConfig config() {
  routing::RouterConfig config;
  config.hop_offset_secret = Hash32{{9}};
  return config;
}

NeighbourIndex index_of(const World& world, routing::InterfaceId id) {
  return static_cast<NeighbourIndex>(std::stoul(world.names.at(id.value).substr(1)));
}

using Output = std::tuple<std::string, Bytes, std::uint8_t>;

std::vector<Output> outputs(const World& world) {
  std::vector<Output> all;
  for (const auto& each : world.sent)
    all.emplace_back(each.interface, each.raw, each.traffic.packed());
  return all;
}

}  // namespace

Accelerated::Accelerated(World& world)
    : world_(world),
      flows_{FlowTable(100'000, random_),
             {},
             {},
             std::vector<std::uint16_t>(Planes::kNeighbours, Planes::kMtu),
             Planes::own(),
             false},
      urgent_(Planes::kNeighbours, 1),
      metered_in_(Planes::kNeighbours, kPriceClasses),
      metered_out_(Planes::kNeighbours, kPriceClasses),
      worker_{flows_,       receive_, digest_, seen_, reverse_, urgent_, metered_in_,
              metered_out_, {},       {},      pool_, *this,    *this},
      sequence_(Planes::kNeighbours) {
  worker_.neighbours.resize(Planes::kNeighbours);
  for (NeighbourIndex i = 0; i < Planes::kNeighbours; ++i) {
    ReceiveSession& in = receive_.place(index_from(i));
    in.key = crypto::AeadKey(key_from(i));
    in.index = index_from(i);
    in.neighbour = i;
    in.lanes = 1;
    in.windows.resize(1);
    in.hard_stop = ~Ticks{0};
    in.bytes_left = ~std::uint64_t{0};
    Neighbour& out = worker_.neighbours[i];
    out.send.key = crypto::AeadKey(key_to(i));
    out.send.live = true;
    out.send.hard_stop = ~Ticks{0};
    out.send.bytes_left = ~std::uint64_t{0};
    out.frame_room = 1'400;
  }
}

void Accelerated::burst(const std::vector<Arrival>& arrivals) {
  ASSERT_LE(arrivals.size(), kBurst);
  burst_->in_count = 0;
  burst_->now = 1;
  std::size_t next = 0;
  while (next < arrivals.size()) {
    // What comes from one neighbour in a row shares a frame, as neighbours send it.
    const NeighbourIndex from = arrivals[next].from;
    Bytes records;
    while (next < arrivals.size() && arrivals[next].from == from &&
           (records.empty() || records.size() + arrivals[next].packet.size() < 1'500)) {
      const Arrival& arrival = arrivals[next++];
      wire::append_hop_record(records,
                              {wire::HopClass::unpack(arrival.hop_class), 0, arrival.packet});
    }
    burst_->in[burst_->in_count++] = pool_.received(Rig::sealed(from, sequence_[from]++, records));
  }
  run(worker_, *burst_);
  // What the router behind sends goes out over this plane.
  for (const auto& each : world_.sent)
    remember_sent(each.raw, digest_, seen_, worker_.claim);
  follow_flows();
}

void Accelerated::packet(const Packet& packet) {
  ++punted;
  world_.receive(Planes::name_of(packet.from), {packet.data, packet.size},
                 wire::HopClass::unpack(packet.hop_class));
}

void Accelerated::send(std::span<Frame> frames) {
  for (const Frame& frame : frames) {
    const auto data = wire::decode_hop_data({frame.data, frame.size}, false);
    ASSERT_TRUE(data);
    const auto plain = crypto::open_aead(key_to(frame.neighbour), data->counter.packed(),
                                         data->header, data->sealed);
    ASSERT_TRUE(plain);
    ASSERT_TRUE(wire::decode_hop_records(*plain, [&](const wire::HopRecord& record) {
      left.push_back({frame.neighbour, to_bytes(record.body), record.hop_class.packed()});
    }));
    void* buffer = frame.buffer;
    pool_.give_back({&buffer, 1});
  }
}

void Accelerated::follow_flows() {
  for (const Hash16& key : world_.router->take_changed_flows(1'000'000)) {
    const routing::Flow flow = world_.router->flow(key);
    if (const auto* path = std::get_if<routing::PathFlow>(&flow)) {
      install(key, *path);
    } else if (const auto* link = std::get_if<routing::LinkFlow>(&flow)) {
      install(key, *link);
    } else if (std::holds_alternative<routing::LocalFlow>(flow)) {
      flows_.table.insert(key, flow_value(FlowKind::kLocal, 0));
    } else {
      flows_.table.erase(key);
    }
  }
  for (NeighbourIndex i = 0; i < Planes::kNeighbours; ++i) {
    const bool congested =
        world_.router->congestion(world_.ids.at(Planes::name_of(i)), world_.time()).has_value();
    flows_.room[i] = congested ? 0 : Planes::kMtu;
  }
}

void Accelerated::install(const Hash16& key, const routing::PathFlow& flow) {
  const NeighbourIndex to = index_of(world_, flow.interface);
  const auto [at, fresh] =
      next_hops_.try_emplace({flow.next_hop, to, flow.last, flow.limit},
                             static_cast<std::uint32_t>(flows_.next_hops.size()));
  if (fresh) {
    flows_.next_hops.push_back(
        {flow.next_hop, to, flow.last, static_cast<std::uint16_t>(std::min(flow.limit, 0xFFFFu))});
  }
  flows_.table.insert(key, flow_value(FlowKind::kPath, at->second));
}

void Accelerated::install(const Hash16& key, const routing::LinkFlow& flow) {
  const auto [at, fresh] = links_.try_emplace(key, static_cast<std::uint32_t>(flows_.links.size()));
  if (fresh) flows_.links.emplace_back();
  flows_.links[at->second] = {index_of(world_, flow.received), index_of(world_, flow.next),
                              flow.taken_hops, flow.remaining_hops,
                              static_cast<std::uint16_t>(std::min(flow.limit, 0xFFFFu))};
  flows_.table.insert(key, flow_value(FlowKind::kLink, at->second));
}

Planes::Planes()
    : alone(true, {}, own(), config()), behind(true, {}, own(), config()), beside(behind) {
  for_both([](World& world) {
    for (NeighbourIndex i = 0; i < kNeighbours; ++i)
      world.up(name_of(i), hop_traits(i));
    world.advance(0);
  });
  behind.router->watch_flows();
  beside.follow_flows();
}

void Planes::for_both(const std::function<void(World&)>& change) {
  change(alone);
  change(behind);
}

void Planes::control(NeighbourIndex from, wire::HopControl type, ByteView body) {
  for_both([&](World& world) { world.receive_control(name_of(from), type, body); });
  beside.follow_flows();
}

void Planes::advance(double seconds) {
  for_both([seconds](World& world) { world.advance(seconds); });
  beside.follow_flows();
}

bool Planes::step(const std::vector<Arrival>& arrivals) {
  for (const Arrival& arrival : arrivals) {
    alone.receive(name_of(arrival.from), arrival.packet, wire::HopClass::unpack(arrival.hop_class));
  }
  beside.burst(arrivals);
  const bool same = same_output() && same_counters();
  for_both([](World& world) {
    world.sent.clear();
    world.controls.clear();
    world.delivered.clear();
    world.heard.clear();
    world.wanted.clear();
    world.removed.clear();
  });
  beside.left.clear();
  return same;
}

bool Planes::same_output() {
  std::vector<Output> one = outputs(alone), other = outputs(behind);
  for (const Accelerated::Left& left : beside.left)
    other.emplace_back(name_of(left.to), left.packet, left.hop_class);
  std::sort(one.begin(), one.end());
  std::sort(other.begin(), other.end());
  EXPECT_TRUE(one == other) << one.size() << " packets left the router, " << other.size()
                            << " the two planes, or they differ";
  EXPECT_EQ(alone.controls.size(), behind.controls.size());
  std::vector<Bytes> here, there;
  for (const auto& each : alone.delivered)
    here.push_back(each.raw);
  for (const auto& each : behind.delivered)
    there.push_back(each.raw);
  EXPECT_EQ(here, there);
  return one == other && here == there && alone.controls.size() == behind.controls.size();
}

bool Planes::same_counters() {
  bool same = true;
  for (std::size_t i = 0; i < border::kCounterCount; ++i) {
    const auto counter = static_cast<Counter>(i);
    if (counter == Counter::kRxFrames || counter == Counter::kRxBytes ||
        counter == Counter::kHopOpened) {
      continue;  // of frames, which the router alone does not see
    }
    const std::uint64_t one = alone.counters.value(counter);
    const std::uint64_t both = behind.counters.value(counter) + beside.counters().value(counter);
    EXPECT_EQ(one, both) << border::counter_table()[i].stage << '.'
                         << border::counter_table()[i].name;
    same = same && one == both;
  }
  return same;
}

}  // namespace mehr::dataplane::test
