// Limits out, limits in.
#include "controlplane/routing/too_big.h"

#include <algorithm>

#include "controlplane/routing/path_costs.h"
#include "controlplane/routing/standing.h"
#include "core/wire/hop_signals.h"

namespace mehr::routing {
namespace {

constexpr Duration kTellInterval = 1s;
constexpr std::size_t kToldMax = 4'096;
constexpr std::uint32_t kPlainMtu = static_cast<std::uint32_t>(wire::kMtu);

std::uint32_t mtu_of(const Interface& interface) {
  return interface.traits.hardware_mtu.value_or(kPlainMtu);
}

/// Lowers `limit`, or believes it for longer. @param current what fits until now
bool lower(Node& node, const Hash16& key, PacketLimit& limit, std::uint32_t current,
           std::uint16_t said) {
  const std::uint32_t before = limit.at(node.latest);
  if (said >= current && said != before) return false;
  if (node.limited.size() >= kLimitedMax && !node.limited.contains(key)) return false;
  limit = {said, node.latest + kPacketLimitLife};
  if (node.limited.insert(key).second) node.limits_end.add(limit.ends, key);
  return true;
}

std::uint32_t narrower(std::uint32_t mtu, std::uint32_t limit) {
  return limit == 0 ? mtu : std::min(mtu, limit);
}

bool learn(Node& node, const Interface& from, const wire::PacketTooBig& message) {
  const Hash16& key = message.destination;
  const std::uint32_t mtu = mtu_of(from);
  if (LinkEntry* link = node.links.find(key); link != nullptr) {
    node.flow_changes.note(key);
    const bool onward = link->next_interface == from.id;
    if (!onward && link->received_interface != from.id) return false;
    PacketLimit& limit = onward ? link->limit_onward : link->limit_back;
    return lower(node, key, limit, narrower(mtu, limit.at(node.latest)), message.limit);
  }
  if (const auto it = node.local_links.find(key); it != node.local_links.end()) {
    PacketLimit& limit = it->second.limit;
    return lower(node, key, limit, narrower(mtu, limit.at(node.latest)), message.limit);
  }
  CandidateSet* set = node.candidates.find(key);
  Candidate* candidate = set == nullptr ? nullptr : set->over(from.id);
  if (candidate == nullptr) return false;
  const std::uint32_t current = candidate_mtu(node, *candidate);
  if (!lower(node, key, candidate->mtu_limit, current, message.limit)) return false;
  if (message.limit != current) cost_changed(node, key);
  return true;
}

/// Forgets what ended of one destination or link. @return when the next of it does; nullopt: none
std::optional<Time> end_limits_of(Node& node, const Hash16& key, Time now) {
  Time next = kNever;
  bool ended = false;
  const auto look = [&](PacketLimit& limit) {
    if (limit.bytes == 0) return;
    if (now < limit.ends) {
      next = std::min(next, limit.ends);
    } else {
      limit = {};
      ended = true;
    }
  };
  if (LinkEntry* link = node.links.find(key); link != nullptr) {
    look(link->limit_onward);
    look(link->limit_back);
  }
  if (const auto it = node.local_links.find(key); it != node.local_links.end()) {
    look(it->second.limit);
  }
  if (CandidateSet* set = node.candidates.find(key); set != nullptr) {
    for (Candidate& each : set->all)
      look(each.mtu_limit);
  }
  if (ended) {
    node.counters.add(Counter::kControlTooBigEnded);
    node.flow_changes.note(key);
    cost_changed(node, key);
  }
  if (next != kNever) return next;
  node.limited.erase(key);
  return std::nullopt;
}

}  // namespace

void tell_too_big(Node& node, const Interface& to, const Hash16& destination, std::uint32_t limit,
                  Time now) {
  if (!to.traits.hop_link || limit < wire::kPacketLimitMin) return;
  const std::pair key(to.id, destination);
  if (const auto it = node.told_too_big.find(key); it != node.told_too_big.end()) {
    if (now < it->second + kTellInterval) return;
  }
  if (node.told_too_big.size() >= kToldMax) {
    absl::erase_if(node.told_too_big,
                   [now](const auto& each) { return now >= each.second + kTellInterval; });
    if (node.told_too_big.size() >= kToldMax) return;
  }
  node.told_too_big[key] = now;
  node.counters.add(Counter::kControlTooBigSent);
  const auto said = static_cast<std::uint16_t>(std::min<std::uint32_t>(limit, 65'535));
  node.sink.control(to.id, wire::HopControl::kPacketTooBig,
                    wire::encode_packet_too_big({destination, said}));
}

void receive_too_big(Node& node, const Interface& from, ByteView body) {
  const auto message = wire::decode_packet_too_big(body);
  if (!message) return node.counters.add(Counter::kControlMalformed);
  if (message->limit < wire::kPacketLimitMin) return node.counters.add(Counter::kControlTooBigLow);
  node.counters.add(learn(node, from, *message) ? Counter::kControlTooBigLearned
                                                : Counter::kControlIgnored);
}

void end_packet_limits(Node& node, Time now) {
  node.limits_end.run(now, [&](const Hash16& key) { return end_limits_of(node, key, now); });
}

std::uint32_t link_limit(const LinkEntry& link, const Interface& to, Time now) {
  const PacketLimit& limit = to.id == link.next_interface ? link.limit_onward : link.limit_back;
  const std::uint32_t told = limit.at(now);
  // Without a known MTU the interface itself decides, as it always did.
  // A hop link that cuts packets into pieces carries all sizes: links made when the path was wider
  // live on.
  constexpr std::uint32_t kAny = 65'535;
  const std::uint32_t own = to.traits.in_pieces ? kAny : to.traits.hardware_mtu.value_or(kAny);
  return told == 0 ? own : std::min(told, own);
}

}  // namespace mehr::routing
