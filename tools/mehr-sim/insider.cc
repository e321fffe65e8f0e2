// False words and when they are said. What they are made of is in insider_words.cc. See insider.h.
#include "tools/mehr-sim/insider.h"

#include <utility>

#include "core/wire/packet.h"

namespace mehr::mehr_sim {
namespace {

constexpr std::uint64_t kConcern = 8;
constexpr std::size_t kSaid = 128, kCarried = 16;
constexpr Duration kPulse = 1s;
constexpr Duration kShortest = 20s, kLongest = 6min;

/// Records a second to each neighbour. A flood is what a hostile host can send, not what its lines
/// can carry: the rest is dropped before it leaves.
std::uint64_t per_pulse(Deceit deceit) {
  switch (deceit) {
    case Deceit::kFlood:
    case Deceit::kProbes:
    case Deceit::kPieces:
      return 100;
    case Deceit::kReplay:
    case Deceit::kWithdraw:
      return 20;
    case Deceit::kTooBig:
    case Deceit::kSequence:
      return 8;
    case Deceit::kCheap:
    case Deceit::kDear:
    case Deceit::kKeys:
      return 2;
    case Deceit::kSaturated:
      return 1;
    case Deceit::kSilent:
      return 0;
  }
  return 0;
}

}  // namespace

std::string_view deceit_name(Deceit deceit) {
  static constexpr std::array<std::string_view, kDeceits> kNames{
      "cheap",   "dear",  "sequence", "withdraw", "saturated", "silent",
      "too-big", "flood", "replay",   "probes",   "pieces",    "keys"};
  return kNames[static_cast<std::size_t>(deceit)];
}

Insiders::Insiders(World& world) : world_(world), random_(world.engine().random_for(kConcern)) {}

void Insiders::schedule(Time from, Time until) {
  if (random_.below(2) == 0) return;
  const std::uint64_t rate = random_.below(5) == 0 ? 20 + random_.below(60) : 2 + random_.below(10);
  const auto span = static_cast<std::uint64_t>((until - from) / 1s);
  for (std::uint64_t n = 0; n < rate * span / 3'600; ++n) {
    const auto host = static_cast<HostId>(random_.below(world_.hosts()));
    const auto deceit = static_cast<Deceit>(random_.below(kDeceits));
    const Duration lasts = kShortest + random_.jitter(kLongest - kShortest);
    world_.at(from + random_.jitter(until - from), EventKind::kFault,
              [this, host, deceit, lasts] { begin(host, deceit, lasts); });
  }
  listen();
}

// Also before anybody lies: a liar repeats what it said when it was honest.
void Insiders::listen() {
  if (std::exchange(listening_, true)) return;
  for (HostId i = 0; i < world_.hosts(); ++i) {
    world_.host(i).set_telling([this, i](routing::InterfaceId to, wire::HopControl type,
                                         ByteView body) { return hears(i, to, type, body); });
  }
  world_.set_ear([this](HostId host, ByteView raw) { overhears(host, raw); });
}

void Insiders::begin(HostId host, Deceit deceit, Duration span) {
  listen();
  const std::uint64_t term = ++begun_;
  lying_[host] = {deceit, term};
  world_.watch().set_liar(host, true);
  world_.at(world_.now() + span, EventKind::kFault, [this, host, term] {
    const auto found = lying_.find(host);
    if (found != lying_.end() && found->second.term == term) lying_.erase(found);
  });
  pulse(host, term);
}

void Insiders::pulse(HostId host, std::uint64_t term) {
  const auto found = lying_.find(host);
  if (found == lying_.end() || found->second.term != term) return;
  const Deceit deceit = found->second.deceit;
  Host& one = world_.host(host);
  if (one.running() && !world_.engine().paused(host)) {
    one.node().turn([&](Time) {
      for (const auto& row : one.node().neighbours().report()) {
        for (std::uint64_t n = per_pulse(deceit); n > 0; --n) {
          if (const auto made = invent(host, deceit))
            say(host, deceit, row.interface, made->type, made->body);
        }
      }
    });
  }
  world_.at(world_.now() + kPulse, EventKind::kFault, [this, host, term] { pulse(host, term); });
}

void Insiders::say(HostId host, Deceit deceit, routing::InterfaceId to, wire::HopControl type,
                   ByteView body) {
  if (world_.host(host).tell(to, type, body)) ++told_[static_cast<std::size_t>(deceit)];
}

// What the router wants told, on its way to a hop link. @return whether it goes as it is
bool Insiders::hears(HostId host, routing::InterfaceId to, wire::HopControl type, ByteView body) {
  auto& said = memory_[host].said;
  said.push_back({type, to_bytes(body)});
  if (said.size() > kSaid) said.pop_front();
  const auto found = lying_.find(host);
  if (found == lying_.end()) return true;
  const Deceit deceit = found->second.deceit;
  if (deceit == Deceit::kSilent) {
    ++told_[static_cast<std::size_t>(deceit)];
    return false;
  }
  if (type != wire::HopControl::kPathCost) return true;
  const auto record = wire::decode_path_cost_record(body);
  if (!record) return true;
  const auto other = twisted(deceit, *record);
  if (!other) return true;
  say(host, deceit, to, type, wire::encode_path_cost_record(*other));
  return false;
}

void Insiders::overhears(HostId host, ByteView raw) {
  const auto packet = wire::decode_packet(raw);
  if (!packet || packet->destination_type != wire::DestinationType::kLink) return;
  auto& carried = memory_[host].carried;
  if (!carried.empty() && carried.back() == packet->destination) return;
  carried.push_back(packet->destination);
  if (carried.size() > kCarried) carried.pop_front();
}

}  // namespace mehr::mehr_sim
