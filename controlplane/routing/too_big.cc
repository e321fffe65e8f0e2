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

/// Lowers `limit` (0 = none yet). @param current what fits until now
bool lower(std::uint32_t& limit, std::uint32_t current, std::uint16_t said) {
  const std::uint32_t known = limit == 0 ? current : std::min(limit, current);
  if (said < wire::kPacketLimitMin || said >= known) return false;
  limit = said;
  return true;
}

bool learn(Node& node, const Interface& from, const wire::PacketTooBig& message) {
  if (LinkEntry* link = node.links.find(message.destination); link != nullptr) {
    node.flow_changes.note(message.destination);
    if (link->next_interface == from.id) {
      return lower(link->limit_onward, mtu_of(from), message.limit);
    }
    return link->received_interface == from.id &&
           lower(link->limit_back, mtu_of(from), message.limit);
  }
  if (const auto it = node.local_links.find(message.destination); it != node.local_links.end()) {
    return lower(it->second.limit, mtu_of(from), message.limit);
  }
  CandidateSet* set = node.candidates.find(message.destination);
  Candidate* candidate = set == nullptr ? nullptr : set->over(from.id);
  if (candidate == nullptr) return false;
  if (!lower(candidate->mtu_limit, candidate_mtu(node, *candidate), message.limit)) return false;
  cost_changed(node, message.destination);
  return true;
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
  node.counters.add(learn(node, from, *message) ? Counter::kControlTooBigLearned
                                                : Counter::kControlIgnored);
}

std::uint32_t link_limit(const LinkEntry& link, const Interface& to) {
  const std::uint32_t told = to.id == link.next_interface ? link.limit_onward : link.limit_back;
  // Without a known MTU the interface itself decides, as it always did.
  // A hop link that cuts packets into pieces carries all sizes: links made when the path was wider
  // live on.
  constexpr std::uint32_t kAny = 65'535;
  const std::uint32_t own = to.traits.in_pieces ? kAny : to.traits.hardware_mtu.value_or(kAny);
  return told == 0 ? own : std::min(told, own);
}

}  // namespace mehr::routing
