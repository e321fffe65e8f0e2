// The announce check and what ends a relay early.
#include "controlplane/routing/announces.h"

#include <algorithm>

namespace mehr::routing {
namespace {

constexpr Duration kCheckInterval = 1s;
constexpr Duration kRetryAfter = 5500ms;
constexpr std::uint8_t kTransmissions = 2;
constexpr std::uint8_t kHeardEnough = 2;
constexpr Duration kInstant{1};  // every wait ends strictly after its time

}  // namespace

bool AnnounceTable::relay(const DestinationHash& destination, InterfaceId from,
                          AnnounceRelay relay) {
  earliest_ = std::min(earliest_, relay.due);
  if (Waiting* waiting = relays_.find(destination); waiting != nullptr) {
    *waiting = Waiting{std::move(relay), 0, 0, waiting->sequence};
    relays_.recharge(destination, from);
    return true;
  }
  Waiting waiting{std::move(relay), 0, 0, sequence_++};
  return relays_.insert(destination, from, std::move(waiting)).value != nullptr;
}

bool AnnounceTable::answer(const DestinationHash& destination, InterfaceId to, Time due) {
  const AnswerKey key{destination, to};
  if (answers_.find(key) != nullptr) return true;
  const auto inserted = answers_.insert(key, to, Answer{due, sequence_++});
  if (inserted.evicted) count_down(inserted.evicted->destination);
  if (inserted.value == nullptr) return false;
  ++answers_of_[destination];
  earliest_ = std::min(earliest_, due);
  return true;
}

void AnnounceTable::heard_relayed(const DestinationHash& destination, std::uint8_t hops, Time now) {
  Waiting* waiting = relays_.find(destination);
  if (waiting == nullptr) return;
  const int theirs = hops - 1;
  if (theirs == waiting->relay.hops) {
    ++waiting->heard;
    if (waiting->sent > 0 && waiting->heard >= kHeardEnough) relays_.erase(destination);
  } else if (theirs == waiting->relay.hops + 1 && waiting->sent > 0 && now < waiting->relay.due) {
    relays_.erase(destination);
  }
}

void AnnounceTable::forget_interface(InterfaceId interface) {
  for (const AnswerKey& key : answers_.keys_of(interface))
    drop_answer(key);
}

void AnnounceTable::drop_answer(const AnswerKey& key) {
  count_down(key.destination);
  answers_.erase(key);
}

void AnnounceTable::count_down(const DestinationHash& destination) {
  const auto it = answers_of_.find(destination);
  if (it != answers_of_.end() && --it->second == 0) answers_of_.erase(it);
}

std::vector<DueAnnounce> AnnounceTable::check(Time now) {
  std::vector<DueAnnounce> due;
  if (last_check_ && now <= *last_check_ + kCheckInterval) return due;
  last_check_ = now;
  if (now <= earliest_) return due;

  std::vector<std::pair<std::uint64_t, DueAnnounce>> ordered;
  std::vector<DestinationHash> finished;
  std::vector<AnswerKey> answered;
  Time earliest = kNever;
  relays_.for_each([&](const DestinationHash& destination, Waiting& waiting) {
    // A relay stands back while an answer for the same destination waits, as in the reference.
    if (now > waiting.relay.due && !answers_of_.contains(destination)) {
      waiting.relay.due = now + kRetryAfter;
      ++waiting.sent;
      ordered.emplace_back(waiting.sequence,
                           DueAnnounce{destination, std::nullopt, waiting.relay.packet,
                                       waiting.relay.hops, waiting.relay.emitted});
      if (waiting.sent >= kTransmissions || waiting.relay.once) {
        finished.push_back(destination);
        return;
      }
    }
    earliest = std::min(earliest, waiting.relay.due);
  });
  answers_.for_each([&](const AnswerKey& key, const Answer& answer) {
    if (now <= answer.due) {
      earliest = std::min(earliest, answer.due);
      return;
    }
    ordered.emplace_back(answer.sequence, DueAnnounce{key.destination, key.to, nullptr, 0, 0});
    answered.push_back(key);
  });
  earliest_ = earliest;
  for (const auto& destination : finished)
    relays_.erase(destination);
  for (const auto& key : answered)
    drop_answer(key);

  std::sort(ordered.begin(), ordered.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  due.reserve(ordered.size());
  for (auto& [sequence, announce] : ordered)
    due.push_back(std::move(announce));
  return due;
}

Time AnnounceTable::next_due() const {
  if (earliest_ == kNever) return kNever;
  const Time grid = last_check_ ? *last_check_ + kCheckInterval : earliest_;
  return std::max(earliest_, grid) + kInstant;
}

}  // namespace mehr::routing
