// A message, its checks, its steps.
#include "dataplane/translate.h"

#include <algorithm>

namespace mehr::dataplane {
namespace {

/// What a neighbour may save up of its budget of urgent bytes, as in the router.
constexpr std::uint64_t kUrgentBurstSeconds = 2;

/// The kernel has to say something about it.
bool asks_kernel(const border::Endpoint& endpoint) {
  return endpoint.form != border::EndpointForm::kEthernet &&
         (endpoint.remote_mac == border::Endpoint::Mac{} ||
          endpoint.local == border::Endpoint::Address{});
}

}  // namespace

Translator::Translator(const Sizes& sizes, std::size_t ports, std::uint64_t ticks_per_second,
                       Carriers& carriers, Random& random)
    : sizes_(sizes),
      ports_(ports),
      ticks_per_second_(ticks_per_second),
      carriers_(carriers),
      random_(random),
      neighbours_(sizes.neighbours),
      places_(sizes.receive_places) {}

bool Translator::add(const border::Down& message, Ticks now, Batch& batch) {
  now_ = now;
  return std::visit([&](const auto& m) { return translate(m, batch); }, message);
}

bool Translator::known(std::uint16_t neighbour) const {
  return neighbour < neighbours_.size() && neighbours_[neighbour].set;
}

Ticks Translator::deadline(std::uint64_t remaining_ns) const {
  __extension__ using Wide = unsigned __int128;
  return now_ +
         static_cast<Ticks>(static_cast<Wide>(remaining_ns) * ticks_per_second_ / 1'000'000'000);
}

bool Translator::translate(const border::Hello& m, Batch& batch) {
  batch.steps.emplace_back(GreetStep{m.own_transport, m.locals_complete, m.punts});
  return true;
}

bool Translator::translate(const border::Reset& m, Batch& batch) {
  if ((m.scope & border::Reset::kFlows) != 0) {
    batch.steps.emplace_back(ClearFlowsStep{std::make_unique<FlowTable>(sizes_.flows, random_)});
  }
  if ((m.scope & border::Reset::kNeighbours) != 0) {
    for (std::size_t i = 0; i < neighbours_.size(); ++i) {
      if (neighbours_[i].set) drop(static_cast<NeighbourIndex>(i), batch);
    }
  }
  return true;
}

bool Translator::translate(const border::SetReceive& m, Batch& batch) {
  if (!known(m.neighbour)) return false;
  auto session = std::make_unique<ReceiveSession>();
  session->key = crypto::AeadKey(m.key.bytes);
  session->index = m.index;
  session->neighbour = m.neighbour;
  session->lanes = static_cast<std::uint8_t>(m.highest.size());
  session->windows.resize(m.highest.size());
  for (std::size_t lane = 0; lane < m.highest.size(); ++lane) {
    if (m.highest[lane] == border::kNoSequence) continue;
    // Which of them were taken is not said; so all were.
    const std::uint64_t highest = m.highest[lane];
    const std::uint64_t back = std::min(highest, ReplayWindow::kSize - 1);
    for (std::uint64_t sequence = highest - back; sequence <= highest; ++sequence)
      (void)session->windows[lane].mark(sequence);
  }
  session->hard_stop = deadline(m.remaining_ns);
  session->bytes_left = m.bytes_left;
  places_[m.index & (places_.size() - 1)] = {true, m.index, m.neighbour};
  batch.steps.emplace_back(ReceiveStep{std::move(session)});
  return true;
}

void Translator::drop_receive(Place& place, Batch& batch) {
  batch.steps.emplace_back(DropReceiveStep{place.index, std::make_unique<ReceiveSession>()});
  place = Place{};
}

bool Translator::translate(const border::DropReceive& m, Batch& batch) {
  Place& place = places_[m.index & (places_.size() - 1)];
  if (place.used && place.index == m.index) drop_receive(place, batch);
  return true;
}

bool Translator::translate(const border::SetSend& m, Batch& batch) {
  if (!known(m.neighbour)) return false;
  auto session = std::make_unique<SendSession>();
  session->key = crypto::AeadKey(m.key.bytes);
  session->remote_index = m.remote_index;
  session->live = true;
  session->lane = m.lane;
  session->next_sequence = m.next_sequence;
  session->hard_stop = deadline(m.remaining_ns);
  session->bytes_left = m.bytes_left;
  batch.steps.emplace_back(SendStep{m.neighbour, std::move(session)});
  return true;
}

void Translator::put_header(NeighbourIndex index, Batch& batch) {
  batch.steps.emplace_back(
      CarrierStep{index, std::make_unique<CarrierHeader>(neighbours_[index].header)});
}

bool Translator::translate(const border::SetNeighbour& m, Batch& batch) {
  if (m.index >= neighbours_.size() || m.port >= ports_) return false;
  Known& known = neighbours_[m.index];
  known.set = true;
  known.followed = asks_kernel(m.endpoint);
  known.port = m.port;
  known.endpoint = m.endpoint;
  known.header = carriers_.header(m.port, m.endpoint).value_or(CarrierHeader{});
  PolicerRate urgent;
  urgent.bytes_per_second = m.urgent_bytes_per_second;
  if (urgent.bytes_per_second != PolicerRate::kUnlimited)
    urgent.burst_bytes = urgent.bytes_per_second * kUrgentBurstSeconds;
  batch.steps.emplace_back(
      NeighbourStep{m.index, m.frame_room, m.room, m.port, m.price, urgent, source_of(m.endpoint)});
  put_header(m.index, batch);
  return true;
}

void Translator::drop(NeighbourIndex neighbour, Batch& batch) {
  neighbours_[neighbour] = Known{};
  for (Place& place : places_) {
    if (place.used && place.neighbour == neighbour) drop_receive(place, batch);
  }
  batch.steps.emplace_back(DropNeighbourStep{neighbour});
}

bool Translator::translate(const border::DropNeighbour& m, Batch& batch) {
  if (m.index >= neighbours_.size()) return false;
  if (neighbours_[m.index].set) drop(m.index, batch);
  return true;
}

bool Translator::translate(const border::SetNextHop& m, Batch& batch) {
  if (m.index >= sizes_.next_hops || m.neighbour >= neighbours_.size()) return false;
  batch.steps.emplace_back(
      NextHopStep{m.index, NextHop{m.transport_id, m.neighbour, m.last, m.limit, m.sampled}});
  return true;
}

bool Translator::translate(const border::SetLink& m, Batch& batch) {
  if (m.index >= sizes_.flows || m.received >= neighbours_.size() || m.next >= neighbours_.size()) {
    return false;
  }
  batch.steps.emplace_back(
      LinkStep{m.index, LinkFlow{m.received, m.next, m.taken_hops, m.remaining_hops, m.limit}});
  return true;
}

bool Translator::translate(const border::SetFlow& m, Batch& batch) {
  const std::size_t room = m.target == border::FlowTarget::kPath   ? sizes_.next_hops
                           : m.target == border::FlowTarget::kLink ? sizes_.flows
                                                                   : 1;
  if (m.index >= room) return false;
  static_assert(static_cast<int>(border::FlowTarget::kPath) == static_cast<int>(FlowKind::kPath) &&
                static_cast<int>(border::FlowTarget::kLocal) == static_cast<int>(FlowKind::kLocal));
  batch.steps.emplace_back(FlowStep{m.key, flow_value(static_cast<FlowKind>(m.target), m.index)});
  return true;
}

bool Translator::translate(const border::DropFlow& m, Batch& batch) {
  batch.steps.emplace_back(FlowStep{m.key, FlowTable::kAbsent});
  return true;
}

bool Translator::translate(const border::Inject& m, Batch& batch) {
  if (!known(m.neighbour)) return false;
  batch.steps.emplace_back(InjectStep{m.neighbour, m.hop_class, m.price, to_bytes(m.body)});
  return true;
}

/// What a neighbour there was reached by, while the kernel asks anew who has the address.
std::optional<CarrierHeader> Translator::last_header(std::uint16_t port,
                                                     const border::Endpoint& endpoint) const {
  for (const Known& known : neighbours_) {
    if (known.set && known.port == port && known.endpoint == endpoint && known.header.size() != 0)
      return known.header;
  }
  return std::nullopt;
}

bool Translator::translate(const border::SendRaw& m, Batch& batch) {
  if (m.port >= ports_) return false;
  auto header = carriers_.header(m.port, m.endpoint);
  if (!header) header = last_header(m.port, m.endpoint);
  if (!header) {
    ++unreachable_;
    return true;
  }
  batch.steps.emplace_back(
      RawStep{m.port, std::make_unique<CarrierHeader>(*header), to_bytes(m.frame)});
  return true;
}

bool Translator::translate(const border::Sync& m, Batch& batch) {
  batch.steps.emplace_back(SyncStep{m.token});
  return true;
}

bool Translator::translate(const border::Seen& m, Batch& batch) {
  batch.steps.emplace_back(SeenStep{to_bytes(m.packet)});
  return true;
}

void Translator::follow(Batch& batch) {
  for (std::size_t i = 0; i < neighbours_.size(); ++i) {
    Known& known = neighbours_[i];
    if (!known.set || !known.followed) continue;
    // While the kernel asks anew who has the address, the old answer is the best there is.
    const auto header = carriers_.header(known.port, known.endpoint);
    if (!header || *header == known.header) continue;
    known.header = *header;
    put_header(static_cast<NeighbourIndex>(i), batch);
  }
}

}  // namespace mehr::dataplane
