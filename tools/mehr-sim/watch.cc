// The checks. See watch.h.
#include "tools/mehr-sim/watch.h"

#include <algorithm>
#include <string_view>

#include "core/wire/hop_frame.h"
#include "core/wire/hop_stream.h"

namespace mehr::mehr_sim {
namespace {

using border::Counter;

// Rows in packets of the router's stages, after counters.def: each says what became of one packet.
std::vector<std::size_t> outcome_rows() {
  static constexpr std::string_view kStages[] = {"packet", "announce", "request", "data",
                                                 "proof",  "link",     "tunnel"};
  std::vector<std::size_t> out;
  const auto table = border::counter_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    const bool ours =
        std::find(std::begin(kStages), std::end(kStages), table[i].stage) != std::end(kStages);
    if (ours && table[i].unit == "packets" &&
        i != static_cast<std::size_t>(Counter::kPacketReceived)) {
      out.push_back(i);
    }
  }
  return out;
}

}  // namespace

void Watch::add_host(Host& host) {
  hosts_.push_back(&host);
  by_identity_[host.identity_hash()] = host.id();
  by_address_[host.address()] = host.id();
}

void Watch::add_link(HostId a, HostId b) {
  adjacent_.insert({a, b});
  adjacent_.insert({b, a});
  ++degree_[a];
  ++degree_[b];
}

void Watch::after_event(HostId host) {
  at_once_ = engine_.now() == instant_ ? at_once_ + 1 : 0;
  instant_ = engine_.now();
  if (at_once_ > kAtOnce) breach("time goes on", "events without end at one instant");
  if (host != kNobody) {
    check_counters(host);
    Host& one = *hosts_[host];
    if (one.running()) {
      ++checks;
      check_router_tables(one);
      check_hop_tables(one);
    }
  }
  for (const HostId changed : new_neighbours_)
    check_neighbours(*hosts_[changed]);
  new_neighbours_.clear();
  for (const DestinationHash& changed : new_paths_)
    check_loops_to(changed);
  new_paths_.clear();
  if (!loops_.empty()) judge_loops();
}

void Watch::check_frame(HostId from, HostId to, ByteView data, bool stream) {
  constexpr std::uint8_t kHdlcFlag = 0x7E;
  ByteView frame = data;
  if (stream) {
    if (data.size() < wire::kHopStreamHeader || data[0] == kHdlcFlag) return;
    frame = data.subspan(wire::kHopStreamHeader);
    if (data[0] + 256U * data[1] != frame.size()) return;
  }
  const auto kind = wire::hop_frame_kind(frame);
  if (!kind || kind->type != wire::HopFrameType::kData) return;
  const auto opened = wire::decode_hop_data(frame, kind->compact);
  if (!opened) return;
  ++checks;
  Host& sender = *hosts_[from];
  if (sender.running() && !sender.node().neighbours().linked_with(hosts_[to]->identity_hash())) {
    breach("forwards only to authenticated neighbours", sender.name() + " sent sealed records to " +
                                                            hosts_[to]->name() +
                                                            ", which is not among its neighbours");
  }
  if (sealed_.insert({from, opened->receiver_index, opened->counter.packed()}).second) return;
  breach("never the same (key, counter) twice",
         hosts_[from]->name() + " sent counter " + std::to_string(opened->counter.packed()) +
             " of index " + std::to_string(opened->receiver_index) + " again");
}

void Watch::check_neighbours(Host& host) {
  if (!host.running()) return;
  for (const auto& row : host.node().neighbours().report()) {
    ++checks;
    const auto found = by_identity_.find(row.link.identity);
    if (found != by_identity_.end() && adjacent_.contains(std::pair(host.id(), found->second)))
      continue;
    breach(
        "forwards only to authenticated neighbours",
        host.name() + " has a neighbour " + to_hex(row.link.identity) + " that no link leads to");
  }
}

void Watch::set_liar(HostId host, bool liar) {
  liar ? static_cast<void>(liars_.insert(host)) : static_cast<void>(liars_.erase(host));
}

void Watch::breach(std::string invariant, std::string detail) {
  if (!broken_) broken_ = Breach{std::move(invariant), std::move(detail), engine_.now()};
}

void Watch::check_counters(HostId host) {
  static const std::vector<std::size_t> kRows = outcome_rows();
  const auto& values = hosts_[host]->counters().values();
  std::uint64_t sum = 0;
  for (const std::size_t row : kRows)
    sum += values[row];
  ++checks;
  const std::uint64_t received = values[static_cast<std::size_t>(Counter::kPacketReceived)];
  if (sum == received) return;
  breach("received = sum of outcomes", hosts_[host]->name() + " received " +
                                           std::to_string(received) + " packets and accounts for " +
                                           std::to_string(sum));
}

void Watch::check_durable(const Letter& letter) {
  ++checks;
  if (hosts_[letter.to]->disk().has_incoming(letter.id)) return;
  breach("released only if durable", hosts_[letter.from]->name() + " holds the proof of message " +
                                         to_hex(letter.id).substr(0, 16) + ", but the disk of " +
                                         hosts_[letter.to]->name() + " does not have it");
}

std::optional<HostId> Watch::next_hop(Host& at, const DestinationHash& destination) const {
  if (!at.running() || liars_.contains(at.id())) return std::nullopt;
  const auto* path = at.node().router().path(destination);
  if (path == nullptr || path->hops <= 1) return std::nullopt;
  const auto found = by_identity_.find(path->next_hop);
  if (found == by_identity_.end()) return std::nullopt;
  return found->second;
}

void Watch::check_loops() {
  const Time now = engine_.now();
  for (const Host* to : hosts_)
    walk(*to, to->address());
  std::erase_if(loops_, [&](const auto& each) { return each.second.seen != now; });
  judge_loops();
}

void Watch::check_loops_to(const DestinationHash& destination) {
  const auto to = by_address_.find(destination);
  if (to == by_address_.end()) return;
  for (auto& [key, loop] : loops_)
    if (key.first == destination) loop.seen = Time::min();
  walk(*hosts_[to->second], destination);
  std::erase_if(loops_, [](const auto& each) { return each.second.seen == Time::min(); });
}

void Watch::judge_loops() {
  const Time now = engine_.now();
  for (const auto& [key, loop] : loops_) {
    if (now - std::max(loop.since, calm_since_) <= kLongestLoop) continue;
    breach("no loop outlives three rounds", describe_loop(key.first, key.second, loop.since));
  }
}

std::string Watch::describe_loop(const DestinationHash& destination, HostId start, Time since) {
  std::string out = "packets to " + to_hex(destination).substr(0, 16) + " go in circles since " +
                    std::to_string(to_seconds(since.time_since_epoch())) + " s:";
  HostId at = start;
  do {
    const auto* path = hosts_[at]->node().router().path(destination);
    const Duration age = hosts_[at]->clock().local(engine_.now()) - path->learned;
    out += " " + hosts_[at]->name() + " (" + std::to_string(path->hops) + " hops over " +
           path->interface_name + ", learned " + std::to_string(to_seconds(age)) + " s ago) ->";
    at = *next_hop(*hosts_[at], destination);
  } while (at != start);
  return out + " " + hosts_[start]->name();
}

// Colours every host by the walk that reached it first, so that each is left once.
void Watch::walk(const Host& to, const DestinationHash& destination) {
  std::vector<HostId> colour(hosts_.size(), kNobody);
  ++checks;
  for (HostId start = 0; start < hosts_.size(); ++start) {
    HostId at = start;
    while (at != to.id() && colour[at] == kNobody) {
      colour[at] = start;
      const auto next = next_hop(*hosts_[at], destination);
      if (!next) break;
      at = *next;
      if (at == to.id() || colour[at] != start) continue;
      ++loops_seen;
      HostId name = at;  // the smallest member names the loop
      for (HostId member = *next_hop(*hosts_[at], destination); member != at;
           member = *next_hop(*hosts_[member], destination))
        name = std::min(name, member);
      auto [entry, fresh] = loops_.try_emplace({destination, name}, Loop{engine_.now(), {}});
      entry->second.seen = engine_.now();
      break;
    }
  }
}

}  // namespace mehr::mehr_sim
