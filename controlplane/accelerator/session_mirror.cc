// Who goes, goes first; then everybody's place, and keys to receive under before keys to send
// under.
#include "controlplane/accelerator/session_mirror.h"

#include <algorithm>

namespace mehr::accelerator {

void SessionMirror::reset(std::uint32_t neighbours, std::uint32_t receive_places, KeySource& keys) {
  for (const auto& [id, told] : told_)
    keys.lend(id, false);
  told_.clear();
  by_number_.clear();
  places_.clear();
  free_.clear();
  place_mask_ = receive_places == 0 ? 0 : receive_places - 1;
  for (std::uint32_t i = 0; i < std::min(neighbours, border::kNeighbourMax + 1U); ++i)
    free_.push_back(static_cast<std::uint16_t>(i));
}

void SessionMirror::set(const std::vector<WantedNeighbour>& wanted, KeySource& keys,
                        std::vector<border::Down>& out) {
  std::set<link::NeighbourId> stay;
  for (const WantedNeighbour& one : wanted)
    stay.insert(one.session.id);
  for (auto at = told_.begin(); at != told_.end();) {
    const auto which = at++;
    if (!stay.contains(which->first)) drop(which, keys, out);
  }
  for (const WantedNeighbour& one : wanted) {
    auto found = told_.find(one.session.id);
    if (!fits(one.session, found == told_.end() ? nullptr : &found->second)) {
      if (found != told_.end()) drop(found, keys, out);
      continue;
    }
    border::SetNeighbour place = one.place;
    // What is punted towards it this process sends on a lane of its own.
    if (one.session.peer_lanes <= kDataplaneLane) place.room = 0;
    const bool fresh = found == told_.end();
    if (fresh) {
      place.index = free_.front();
      free_.pop_front();
      found = told_.emplace(one.session.id, Told{}).first;
      by_number_.emplace(place.index, one.session.id);
      keys.lend(one.session.id, true);
    } else {
      place.index = found->second.place.index;
    }
    if (fresh || !(found->second.place == place)) out.emplace_back(place);
    found->second.place = place;
    set_keys(one.session, found->second, keys, out);
  }
}

bool SessionMirror::fits(const link::LendableSession& session, const Told* told) const {
  if (told == nullptr && free_.empty()) return false;
  std::set<std::uint32_t> taken;
  return std::all_of(session.receive_indices.begin(), session.receive_indices.end(),
                     [&](std::uint32_t index) {
                       const bool own = told != nullptr && told->receive_indices.contains(index);
                       const std::uint32_t place = index & place_mask_;
                       return taken.insert(place).second && (own || !places_.contains(place));
                     });
}

void SessionMirror::set_keys(const link::LendableSession& session, Told& told, KeySource& keys,
                             std::vector<border::Down>& out) {
  const std::set<std::uint32_t> wanted(session.receive_indices.begin(),
                                       session.receive_indices.end());
  for (auto at = told.receive_indices.begin(); at != told.receive_indices.end();) {
    if (wanted.contains(*at)) {
      ++at;
      continue;
    }
    out.emplace_back(border::DropReceive{*at});
    places_.erase(*at & place_mask_);
    at = told.receive_indices.erase(at);
  }
  for (const std::uint32_t index : wanted) {
    if (told.receive_indices.contains(index)) continue;
    auto key = keys.lend_receive(session.id, index);
    if (!key) continue;
    key->neighbour = told.place.index;
    out.emplace_back(*std::move(key));
    told.receive_indices.insert(index);
    places_.insert(index & place_mask_);
  }
  if (session.peer_lanes <= kDataplaneLane || told.send_index == session.send_index) return;
  auto key = keys.lend_send(session.id, kDataplaneLane);
  if (!key) return;
  key->neighbour = told.place.index;
  out.emplace_back(*std::move(key));
  told.send_index = session.send_index;
}

void SessionMirror::drop(std::map<link::NeighbourId, Told>::iterator which, KeySource& keys,
                         std::vector<border::Down>& out) {
  const std::uint16_t number = which->second.place.index;
  out.emplace_back(border::DropNeighbour{number});
  for (const std::uint32_t index : which->second.receive_indices)
    places_.erase(index & place_mask_);
  keys.lend(which->first, false);
  by_number_.erase(number);
  free_.push_back(number);
  told_.erase(which);
}

std::optional<std::uint16_t> SessionMirror::number(link::NeighbourId id) const {
  const auto found = told_.find(id);
  if (found == told_.end()) return std::nullopt;
  return found->second.place.index;
}

std::optional<link::NeighbourId> SessionMirror::neighbour(std::uint16_t number) const {
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return std::nullopt;
  return found->second;
}

std::vector<link::NeighbourId> SessionMirror::lent() const {
  std::vector<link::NeighbourId> out;
  for (const auto& [id, told] : told_)
    out.push_back(id);
  return out;
}

std::size_t SessionMirror::sending() const {
  return static_cast<std::size_t>(std::count_if(told_.begin(), told_.end(), [](const auto& one) {
    return one.second.send_index.has_value();
  }));
}

}  // namespace mehr::accelerator
