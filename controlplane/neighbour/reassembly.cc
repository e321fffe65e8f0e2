// Ranges received of each record, declared in reassembly.h.
#include "controlplane/neighbour/reassembly.h"

#include <algorithm>

namespace mehr::neighbour {

std::optional<Reassembly::Whole> Reassembly::add(const wire::HopFragment& fragment, Time now) {
  auto found = partial_.find(fragment.number);
  if (found != partial_.end() && found->second.whole.body.size() != fragment.total) {
    // The sender's numbers went round, or it contradicts itself.
    give_up(found);
    found = partial_.end();
  }
  if (found == partial_.end()) {
    make_room(fragment.total);
    Partial fresh;
    fresh.whole.hop_class = fragment.hop_class;
    fresh.whole.price = fragment.price;
    fresh.whole.body.resize(fragment.total);
    fresh.since = now;
    bytes_ += fragment.total;
    found = partial_.emplace(fragment.number, std::move(fresh)).first;
  }
  Partial& partial = found->second;
  if (partial.covered.size() >= kRanges) {
    give_up(found);
    return std::nullopt;
  }
  std::copy(fragment.piece.begin(), fragment.piece.end(),
            partial.whole.body.begin() + fragment.offset);
  cover(partial, fragment.offset, fragment.offset + fragment.piece.size());
  const auto first = partial.covered.begin();
  if (first->first != 0 || first->second != fragment.total) return std::nullopt;
  Whole out = std::move(partial.whole);
  bytes_ -= fragment.total;
  partial_.erase(found);
  return out;
}

void Reassembly::cover(Partial& partial, std::size_t offset, std::size_t end) {
  auto at = partial.covered.upper_bound(offset);
  if (at != partial.covered.begin()) {
    const auto before = std::prev(at);
    if (before->second >= offset) at = before;
  }
  while (at != partial.covered.end() && at->first <= end) {
    offset = std::min(offset, at->first);
    end = std::max(end, at->second);
    at = partial.covered.erase(at);
  }
  partial.covered.emplace(offset, end);
}

void Reassembly::give_up(std::map<std::uint32_t, Partial>::iterator which) {
  bytes_ -= which->second.whole.body.size();
  partial_.erase(which);
  ++given_up_;
}

void Reassembly::make_room(std::size_t bytes) {
  while (!partial_.empty() && (partial_.size() >= kRecords || bytes_ + bytes > kBytes)) {
    give_up(std::min_element(partial_.begin(), partial_.end(), [](const auto& a, const auto& b) {
      return a.second.since < b.second.since;
    }));
  }
}

void Reassembly::tick(Time now) {
  for (auto at = partial_.begin(); at != partial_.end();) {
    const auto which = at++;
    if (now - which->second.since >= kPatience) give_up(which);
  }
}

Time Reassembly::next_due() const {
  Time due = Time::max();
  for (const auto& [number, partial] : partial_)
    due = std::min(due, partial.since + kPatience);
  return due;
}

}  // namespace mehr::neighbour
