// The sets and what waits for them.
#include "controlplane/routing/candidates.h"

#include <algorithm>

#include "core/crypto/hash.h"
#include "core/wire/packet.h"

namespace mehr::routing {

Candidate* CandidateSet::find(InterfaceId interface, const Hash16& next_hop) {
  const auto it = std::find_if(all.begin(), all.end(), [&](const Candidate& each) {
    return each.interface == interface && each.next_hop == next_hop;
  });
  return it == all.end() ? nullptr : &*it;
}

Candidate* CandidateSet::over(InterfaceId interface) {
  const auto it = std::find_if(all.begin(), all.end(),
                               [&](const Candidate& each) { return each.interface == interface; });
  return it == all.end() ? nullptr : &*it;
}

CandidateSet* Candidates::find(const DestinationHash& destination) {
  const auto it = sets_.find(destination);
  return it == sets_.end() ? nullptr : &it->second;
}

const CandidateSet* Candidates::find(const DestinationHash& destination) const {
  const auto it = sets_.find(destination);
  return it == sets_.end() ? nullptr : &it->second;
}

const DestinationHash* Candidates::destination_of(const Hash16& announce) const {
  const auto it = by_announce_.find(announce);
  return it == by_announce_.end() ? nullptr : &it->second;
}

void Candidates::renew(const DestinationHash& destination, const Hash16& announce,
                       std::uint64_t emitted, Time now) {
  CandidateSet& set = open(destination);
  if (set.announce != announce) {
    by_announce_.erase(set.announce);
    by_announce_[announce] = destination;
    set.announce = announce;
  }
  set.emitted = emitted;
  set.renewed = now;
  set.feasible = set.plain = kNothingTold;
  set.echoes = false;
  const auto kept = kept_.find(destination);
  if (kept == kept_.end()) return;
  if (emitted > kept->second.emitted || now >= kept->second.ends) return forget(destination);
  // Of an announce that is older still nobody is near enough.
  set.plain = emitted == kept->second.emitted ? kept->second.distance : 0;
  set.plain_ends = kept->second.ends;
  set.feasible = set.plain;
  set.costs_told = kept->second.costs_told;
  set.echoes = set.costs_told && now < set.plain_ends - kFeasibleKept + kEchoes;
}

void Candidates::keep(const DestinationHash& destination, const Kept& kept) {
  forget(destination);
  if (kept_.size() >= kept_capacity_) forget(DestinationHash(kept_by_end_.begin()->second));
  kept_[destination] = kept;
  kept_by_end_.insert({kept.ends, destination});
}

void Candidates::forget(const DestinationHash& destination) {
  const auto found = kept_.find(destination);
  if (found == kept_.end()) return;
  kept_by_end_.erase({found->second.ends, destination});
  kept_.erase(found);
}

void Candidates::erase(const DestinationHash& destination) {
  const auto it = sets_.find(destination);
  if (it == sets_.end()) return;
  const CandidateSet& set = it->second;
  by_announce_.erase(set.announce);
  const auto kept = kept_.find(destination);
  const bool older = kept != kept_.end() && kept->second.emitted > set.emitted;
  if (set.plain != kNothingTold && !older)
    keep(destination, {set.emitted, set.plain, set.plain_ends, set.costs_told});
  sets_.erase(it);
}

std::vector<DestinationHash> Candidates::after(const std::optional<DestinationHash>& after,
                                               std::size_t limit) const {
  std::vector<DestinationHash> some;
  auto it = after ? sets_.upper_bound(*after) : sets_.begin();
  for (; it != sets_.end() && some.size() < limit; ++it)
    some.push_back(it->first);
  return some;
}

Candidates::EarlyKey Candidates::key_of(InterfaceId from, const Hash16& announce) {
  EarlyKey key;
  for (unsigned i = 0; i < 4; ++i)
    key.bytes[i] = static_cast<std::uint8_t>(from.value >> (8 * i));
  std::copy(announce.bytes.begin(), announce.bytes.end(), key.bytes.begin() + 4);
  return key;
}

void Candidates::keep_early(InterfaceId from, const Hash16& announce, const EarlyCost& cost) {
  const EarlyKey key = key_of(from, announce);
  if (EarlyCost* known = early_.find(key); known != nullptr) {
    *known = cost;
    return;
  }
  if (early_.insert(key, from, cost).value == nullptr) return;
  early_ends_.add(cost.ends, key);
  if (early_ends_.bloated(early_.size())) {
    early_ends_.clear();
    early_.for_each(
        [this](const EarlyKey& each, const EarlyCost& one) { early_ends_.add(one.ends, each); });
  }
}

std::optional<EarlyCost> Candidates::take_early(InterfaceId from, const Hash16& announce) {
  const EarlyKey key = key_of(from, announce);
  const EarlyCost* found = early_.find(key);
  if (found == nullptr) return std::nullopt;
  const EarlyCost cost = *found;
  early_.erase(key);
  return cost;
}

void Candidates::forget_interface(InterfaceId interface) {
  for (const EarlyKey& key : early_.keys_of(interface))
    early_.erase(key);
}

std::size_t Candidates::expire(Time now) {
  while (!kept_by_end_.empty() && kept_by_end_.begin()->first <= now)
    forget(DestinationHash(kept_by_end_.begin()->second));
  std::size_t lost = 0;
  early_ends_.run(now, [&](const EarlyKey& key) -> std::optional<Time> {
    const EarlyCost* cost = early_.find(key);
    if (cost == nullptr) return std::nullopt;
    if (now <= cost->ends) return cost->ends;
    early_.erase(key);
    ++lost;
    return std::nullopt;
  });
  return lost;
}

Hash16 announce_key(const DestinationHash& destination, ByteView payload) {
  wire::Packet packet;
  packet.packet_type = wire::PacketType::kAnnounce;
  packet.destination = destination;
  packet.data = payload;
  return crypto::truncate(crypto::packet_hash(wire::encode_packet(packet)));
}

}  // namespace mehr::routing
