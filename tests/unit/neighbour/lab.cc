// Events in the order of time; see lab.h.
#include "tests/unit/neighbour/lab.h"

#include <algorithm>

namespace mehr::neighbour {
namespace {

link::LinksConfig config_of(bool fragmentation) {
  link::LinksConfig out;
  out.capabilities.fragmentation = fragmentation;
  return out;
}

crypto::PrivateIdentity identity_of(std::uint64_t seed) {
  SeededRandom random(seed + 1'000);
  return crypto::PrivateIdentity::generate(random);
}

}  // namespace

LabNode::LabNode(Lab& owner, std::string at, std::uint64_t seed)
    : lab(owner),
      address(std::move(at)),
      random(seed),
      signer(identity_of(seed)),
      neighbours(config_of(true), *this, signer, random, counters) {
  lab.nodes[address] = this;
}

void LabNode::up(bool any, const std::vector<IdentityHash>& allowed) {
  auto policy = std::make_shared<link::PeerPolicy>();
  policy->any = any;
  policy->listed.insert(allowed.begin(), allowed.end());
  CarrierSetup setup;
  setup.interface.name = "lab";
  setup.transport = "udp";
  setup.finds_mtu = true;
  setup.link.name = "lab";
  setup.link.max_frame = 65'507;
  setup.link.bitrate_bps = bitrate_bps;
  setup.link.round_trip = round_trip;
  if (room) {
    setup.transport = "reticulum";
    setup.finds_mtu = setup.link.forgeable_source = false;
    setup.link.quiet = true;
    setup.link.max_frame = *room;
  }
  setup.link.policy = policy;
  carrier = neighbours.carrier_up(*this, setup, lab.now);
}

void LabNode::down() {
  neighbours.carrier_down(carrier, lab.now);
}

void LabNode::peer(const LabNode& other, std::optional<IdentityHash> expected) {
  neighbours.maintain_peer(carrier, other.address, expected, lab.now);
}

bool LabNode::send_packet(std::size_t size, wire::HopPriority priority) {
  Bytes raw(size);
  random.fill(raw);
  wire::HopClass traffic;
  traffic.priority = priority;
  return neighbours.transmit(only(), raw, traffic, 0, lab.now);
}

Carrier::Sent LabNode::send(const std::string& to, ByteView frame) {
  return lab.carry(address, to, frame);
}

Carrier::Sent Lab::carry(const std::string& from, const std::string& to, ByteView frame) {
  ++frames;
  if (frame.size() > device_mtu) return Carrier::Sent::kTooBig;
  largest = std::max<std::uint64_t>(largest, frame.size());
  if (tracing) {
    trace.push_back(std::to_string(now.time_since_epoch().count()) + " " + from + ">" + to + " " +
                    to_hex(frame));
  }
  if (static_cast<double>(random.below(1'000'000)) < loss * 1e6) return Carrier::Sent::kSent;
  if (frame.size() > mtu) {
    if (tells) flying_.emplace(now + latency, Flying{to, from, {}, mtu});
    return Carrier::Sent::kSent;
  }
  flying_.emplace(now + latency, Flying{from, to, to_bytes(frame), 0});
  return Carrier::Sent::kSent;
}

bool Lab::step(Time limit) {
  Time next = flying_.empty() ? Time::max() : flying_.begin()->first;
  LabNode* due = nullptr;
  for (const auto& [address, node] : nodes) {
    const Time at = std::max(now, node->neighbours.next_due());
    if (at < next) {
      next = at;
      due = node;
    }
  }
  if (next > limit) {
    now = limit;
    return false;
  }
  now = std::max(now, next);
  if (due != nullptr) {
    due->neighbours.tick(now);
    return true;
  }
  const Flying one = std::move(flying_.begin()->second);
  flying_.erase(flying_.begin());
  const auto to = nodes.find(one.to);
  if (to == nodes.end()) return true;
  if (one.too_big > 0) {
    to->second->neighbours.path_mtu(to->second->carrier, one.from, one.too_big, now);
  } else {
    to->second->neighbours.frame(to->second->carrier, one.from, one.frame, Duration::zero(), now);
  }
  return true;
}

void Lab::run(Duration time) {
  const Time end = now + time;
  while (step(end)) {
  }
}

bool Lab::until(const std::function<bool()>& met, Duration limit) {
  const Time end = now + limit;
  while (!met()) {
    if (!step(end)) return met();
  }
  return true;
}

}  // namespace mehr::neighbour
