// Links beside a forwarding plane: what it is lent and what it says of it. The plane opens and
// seals under a neighbour's keys; making keys, changing them and everything said about the link
// stays here.
#include "controlplane/link/links_impl.h"

namespace mehr::link {

using border::Counter;

Neighbour* Links::Impl::find(NeighbourId id) {
  const auto found = neighbours_.find(id);
  return found == neighbours_.end() ? nullptr : &found->second;
}

std::vector<LendableSession> Links::Impl::sessions() const {
  std::vector<LendableSession> out;
  for (const auto& [id, neighbour] : neighbours_) {
    const Session& session = *neighbour.session;
    const CarrierTraits* traits = carrier(neighbour.report.path.carrier);
    if (traits == nullptr || traits->compact) continue;
    out.push_back({id, neighbour.report.path, neighbour.confirmed, session.peer_lanes(),
                   session.receive_indices(), session.send_index()});
  }
  return out;
}

void Links::Impl::keys_used(NeighbourId id, const border::KeyUse::Row& row, Time now) {
  Neighbour* neighbour = find(id);
  if (neighbour == nullptr || !neighbour->lent) return;
  const std::uint32_t epoch_before = neighbour->session->epoch();
  std::uint64_t bytes = 0;
  const Session::Opened opened = neighbour->session->used_elsewhere(row, bytes, now);
  if (bytes == 0) return;
  if (row.sending) {
    neighbour->last_sent = now;
    neighbour->report.sent_bytes += bytes;
    maintain_keys(id, *neighbour, now);
    return;
  }
  neighbour->report.last_heard = now;
  neighbour->report.received_bytes += bytes;
  settle(id, *neighbour, opened, epoch_before, now);
}

void Links::Impl::opened_elsewhere(NeighbourId id, ByteView records, Time now) {
  Neighbour* neighbour = find(id);
  if (neighbour == nullptr || !neighbour->lent) return;
  const std::uint32_t epoch_before = neighbour->session->epoch();
  const Session::Opened opened = neighbour->session->opened_elsewhere(records, now);
  if (opened.verdict != Epoch::Verdict::kOpened) return counters_.add(Counter::kHopForged);
  neighbour->report.last_heard = now;
  settle(id, *neighbour, opened, epoch_before, now);
}

void Links::Impl::moved(NeighbourId id, const std::string& address) {
  Neighbour* neighbour = find(id);
  if (neighbour == nullptr || !neighbour->lent || neighbour->report.path.address == address) return;
  counters_.add(Counter::kHopMoved);
  neighbour->report.path.address = address;
  ++keys_version_;
  if (neighbour->confirmed) sink_.neighbour_moved(id, neighbour->report.path);
}

// --- the public face ---

std::uint64_t Links::keys_version() const {
  return impl_->keys_version_;
}
std::vector<LendableSession> Links::sessions() const {
  return impl_->sessions();
}
void Links::lend(NeighbourId id, bool lent) {
  if (Neighbour* neighbour = impl_->find(id)) neighbour->lent = lent;
}
std::optional<border::SetReceive> Links::lend_receive(NeighbourId id, std::uint32_t local_index,
                                                      Time now) {
  Neighbour* neighbour = impl_->find(id);
  return neighbour == nullptr ? std::nullopt : neighbour->session->lend_receive(local_index, now);
}
std::optional<border::SetSend> Links::lend_send(NeighbourId id, std::uint8_t lane, Time now) {
  Neighbour* neighbour = impl_->find(id);
  return neighbour == nullptr ? std::nullopt : neighbour->session->lend_send(lane, now);
}
void Links::keys_used(NeighbourId id, const border::KeyUse::Row& row, Time now) {
  impl_->keys_used(id, row, now);
}
void Links::opened_elsewhere(NeighbourId id, ByteView records, Time now) {
  impl_->opened_elsewhere(id, records, now);
}
void Links::keep_alive(NeighbourId id, Time now) {
  impl_->keep_alive(id, now);
}
void Links::moved(NeighbourId id, const std::string& address, Time) {
  impl_->moved(id, address);
}

}  // namespace mehr::link
