// Each layout is said once: fields() walks a message, and what it walks with counts, writes, or
// reads and checks.
#include "core/border/messages.h"

#include <algorithm>
#include <bit>
#include <type_traits>

#include "core/border/counters.h"
#include "core/border/message_io.h"
#include "core/wire/hop_frame.h"
#include "core/wire/packet.h"

namespace mehr::border {
namespace {
constexpr std::uint8_t kControlBit = 1;  // of a class byte
template <typename Io, typename T>
using Ref = std::conditional_t<Io::kReads, T&, const T&>;

bool neighbour_ok(std::uint16_t index) {
  return index <= kNeighbourMax;
}

template <typename Io>
void endpoint(Io& io, Ref<Io, Endpoint> m) {
  io.number(m.form);
  io.zeroes(1);
  io.number(m.local_port);
  io.number(m.remote_port);
  io.zeroes(2);
  io.run(m.local_mac);
  io.run(m.remote_mac);
  io.run(m.local);
  io.run(m.remote);
  const bool udp = m.form == EndpointForm::kUdp4 || m.form == EndpointForm::kUdp6;
  const Endpoint::Address none{};
  io.require(udp || m.form == EndpointForm::kEthernet);
  io.require((m.local_port != 0) == udp && (m.remote_port != 0) == udp);
  io.require((m.remote != none) == udp && (udp || m.local == none));
  io.require(udp || m.remote_mac != Endpoint::Mac{});
  if (m.form == EndpointForm::kUdp4) {
    io.require(std::equal(none.begin() + 4, none.end(), m.local.begin() + 4) &&
               std::equal(none.begin() + 4, none.end(), m.remote.begin() + 4));
  }
}

template <typename Io>
void fields(Io& io, Ref<Io, Hello> m) {
  io.number(m.version);
  io.run(m.own_transport.bytes);
  io.flag(m.locals_complete);
  io.zeroes(3);
  io.number(m.punts.strangers);
  io.number(m.punts.records);
  io.number(m.punts.packets);
  io.require(m.version == kVersion);
}

template <typename Io>
void fields(Io& io, Ref<Io, Reset> m) {
  io.number(m.scope);
  io.zeroes(3);
  io.require(m.scope != 0 && (m.scope & ~(Reset::kFlows | Reset::kNeighbours)) == 0);
}

template <typename Io>
void fields(Io& io, Ref<Io, SetReceive> m) {
  auto lanes = static_cast<std::uint8_t>(m.highest.size());
  io.number(m.index);
  io.number(m.neighbour);
  io.number(lanes);
  io.zeroes(1);
  io.run(m.key.bytes.bytes);
  io.number(m.remaining_ns);
  io.number(m.bytes_left);
  io.count_of(m.highest, 8);
  for (auto& highest : m.highest) {
    io.number(highest);
    io.require(highest <= kSequenceMax || highest == kNoSequence);
  }
  io.require(neighbour_ok(m.neighbour) && m.remaining_ns <= kLifetimeMax);
  io.require(lanes != 0 && lanes <= kLanesMax && lanes == m.highest.size());
}

template <typename Io>
void fields(Io& io, Ref<Io, DropReceive> m) {
  io.number(m.index);
}

template <typename Io>
void fields(Io& io, Ref<Io, SetSend> m) {
  io.number(m.neighbour);
  io.number(m.lane);
  io.zeroes(1);
  io.number(m.remote_index);
  io.run(m.key.bytes.bytes);
  io.number(m.next_sequence);
  io.number(m.remaining_ns);
  io.number(m.bytes_left);
  io.require(neighbour_ok(m.neighbour) && m.lane < kLanesMax && m.next_sequence <= kSequenceMax &&
             m.remaining_ns <= kLifetimeMax);
}

template <typename Io>
void fields(Io& io, Ref<Io, SetNeighbour> m) {
  io.number(m.index);
  io.number(m.port);
  io.number(m.frame_room);
  io.number(m.room);
  io.number(m.urgent_bytes_per_second);
  io.number(m.price);
  io.zeroes(3);
  endpoint(io, m.endpoint);
  io.require(neighbour_ok(m.index) && m.frame_room >= wire::kHopRecordHeader &&
             m.frame_room <= kCarriedMax - wire::kHopOverhead &&
             m.room <= m.frame_room - wire::kHopRecordHeader);
}

template <typename Io>
void fields(Io& io, Ref<Io, DropNeighbour> m) {
  io.number(m.index);
  io.zeroes(2);
  io.require(neighbour_ok(m.index));
}

template <typename Io>
void fields(Io& io, Ref<Io, SetNextHop> m) {
  io.number(m.index);
  io.run(m.transport_id.bytes);
  io.number(m.neighbour);
  io.flag(m.last);
  io.flag(m.sampled);
  io.number(m.limit);
  io.zeroes(2);
  io.require(m.index <= kIndexMax && neighbour_ok(m.neighbour));
}

template <typename Io>
void fields(Io& io, Ref<Io, SetLink> m) {
  io.number(m.index);
  io.number(m.received);
  io.number(m.next);
  io.number(m.taken_hops);
  io.number(m.remaining_hops);
  io.number(m.limit);
  io.require(m.index <= kIndexMax && neighbour_ok(m.received) && neighbour_ok(m.next));
}

template <typename Io>
void fields(Io& io, Ref<Io, SetFlow> m) {
  io.run(m.key.bytes);
  io.number(m.target);
  io.zeroes(3);
  io.number(m.index);
  io.require(m.target >= FlowTarget::kPath && m.target <= FlowTarget::kLocal);
  io.require(m.index <= kIndexMax && (m.target != FlowTarget::kLocal || m.index == 0));
}

template <typename Io>
void fields(Io& io, Ref<Io, DropFlow> m) {
  io.run(m.key.bytes);
}

template <typename Io>
void fields(Io& io, Ref<Io, Inject> m) {
  io.number(m.neighbour);
  io.number(m.hop_class);
  io.number(m.price);
  io.rest(m.body);
  const std::size_t least = (m.hop_class & kControlBit) != 0 ? 0 : wire::kHeaderMin;
  io.require(neighbour_ok(m.neighbour) && m.body.size() >= least &&
             m.body.size() <= kCarriedMax - wire::kHopOverhead - wire::kHopRecordHeader);
}

/// A port, an endpoint and a frame: handshakes both ways.
template <typename Io, typename Message>
void frame_fields(Io& io, Message& m) {
  io.number(m.port);
  io.zeroes(2);
  endpoint(io, m.endpoint);
  io.rest(m.frame);
  io.require(!m.frame.empty() && m.frame.size() <= kCarriedMax);
}

template <typename Io>
void fields(Io& io, Ref<Io, SendRaw> m) {
  frame_fields(io, m);
}

template <typename Io>
void fields(Io& io, Ref<Io, Sync> m) {
  io.number(m.token);
}

template <typename Io>
void fields(Io& io, Ref<Io, Seen> m) {
  io.rest(m.packet);
  io.require(m.packet.size() >= wire::kHeaderMin && m.packet.size() <= kCarriedMax);
}

template <typename Io>
void fields(Io& io, Ref<Io, Ready::Port> m) {
  io.number(m.number);
  io.number(m.mtu);
  io.run(m.mac);
  io.zeroes(2);
  io.name(m.name);
  io.require(!m.name.empty() && m.name.size() < kPortName &&
             std::all_of(m.name.begin(), m.name.end(), [](char c) { return c > ' ' && c <= '~'; }));
}

template <typename Io>
void fields(Io& io, Ref<Io, Ready> m) {
  auto ports = static_cast<std::uint8_t>(m.ports.size());
  io.number(m.version);
  io.number(m.neighbours);
  io.number(m.receive_places);
  io.number(m.next_hops);
  io.number(m.links);
  io.number(m.flows);
  io.number(m.frame_max);
  io.number(m.lanes);
  io.number(ports);
  io.number(m.counters);
  io.number(m.udp_port);
  io.zeroes(2);
  io.count_of(m.ports, 12 + kPortName);
  for (auto& port : m.ports)
    fields<Io>(io, port);
  io.require(m.version == kVersion && m.neighbours <= kNeighbourMax + 1U &&
             std::has_single_bit(m.receive_places) && m.next_hops <= kIndexMax + 1 &&
             m.links <= kIndexMax + 1 && m.frame_max <= kCarriedMax && m.lanes != 0 &&
             m.lanes <= kLanesMax && m.ports.size() <= kPortsMax && ports == m.ports.size());
}

template <typename Io>
void fields(Io& io, Ref<Io, Stranger> m) {
  frame_fields(io, m);
}

template <typename Io>
void fields(Io& io, Ref<Io, Records> m) {
  io.number(m.neighbour);
  io.zeroes(2);
  io.rest(m.records);
  io.require(neighbour_ok(m.neighbour) && m.records.size() >= wire::kHopRecordHeader &&
             m.records.size() <= kCarriedMax);
}

template <typename Io>
void fields(Io& io, Ref<Io, Punt> m) {
  io.number(m.neighbour);
  io.number(m.hop_class);
  io.number(m.price);
  io.rest(m.packet);
  io.require(neighbour_ok(m.neighbour) && m.packet.size() >= wire::kHeaderMin &&
             m.packet.size() <= kCarriedMax);
}

template <typename Io>
void fields(Io& io, Ref<Io, Activity> m) {
  io.count_of(m.keys, 16);
  for (auto& key : m.keys)
    io.run(key.bytes);
  io.require(!m.keys.empty() && m.keys.size() <= Activity::kMax);
}

template <typename Io>
void fields(Io& io, Ref<Io, MeterReadings> m) {
  io.count_of(m.rows, 24);
  for (auto& row : m.rows) {
    io.number(row.neighbour);
    io.flag(row.sent);
    io.number(row.price_class);
    io.zeroes(4);
    io.number(row.packets);
    io.number(row.bytes);
    io.require(neighbour_ok(row.neighbour) && row.price_class < 16);
  }
  io.require(!m.rows.empty() && m.rows.size() <= MeterReadings::kMax);
}

template <typename Io>
void fields(Io& io, Ref<Io, CounterReadings> m) {
  io.count_of(m.rows, 16);
  for (auto& row : m.rows) {
    io.number(row.counter);
    io.zeroes(6);
    io.number(row.value);
    io.require(row.counter < kCounterCount);
  }
  io.require(!m.rows.empty() && m.rows.size() <= CounterReadings::kMax);
}

template <typename Io>
void fields(Io& io, Ref<Io, KeyUse> m) {
  io.count_of(m.rows, 24);
  for (auto& row : m.rows) {
    io.number(row.neighbour);
    io.flag(row.sending);
    io.number(row.lane);
    io.number(row.index);
    io.number(row.next_sequence);
    io.number(row.bytes_left);
    io.require(neighbour_ok(row.neighbour) && row.lane < kLanesMax &&
               row.next_sequence <= kSequenceMax + 1);
  }
  io.require(!m.rows.empty() && m.rows.size() <= KeyUse::kMax);
}

template <typename Io>
void fields(Io& io, Ref<Io, Moved> m) {
  io.number(m.neighbour);
  io.number(m.port);
  endpoint(io, m.endpoint);
  io.require(neighbour_ok(m.neighbour));
}

template <typename Io>
void fields(Io& io, Ref<Io, Synced> m) {
  io.number(m.token);
}

template <typename Io>
void fields(Io& io, Ref<Io, Load> m) {
  io.number(m.worker);
  io.zeroes(7);
  io.number(m.busy);
  io.number(m.ticks);
  io.number(m.frames);
  io.number(m.ticks_per_second);
  io.require(m.worker < kLanesMax);
}

/// Types count from here, in the order of the variant.
template <typename Message>
constexpr std::uint8_t kFirstType = 0;
template <>
constexpr std::uint8_t kFirstType<Down> = 1;
template <>
constexpr std::uint8_t kFirstType<Up> = 65;

template <typename Message>
bool add_record(Bytes& out, const Message& message) {
  return std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        Sizer sizer;
        fields<Sizer>(sizer, static_cast<const Body&>(body));
        const std::size_t size = kRecordHead + sizer.size;
        if (size > kPacketMax - out.size()) return false;
        Writer writer(out);
        writer.number(static_cast<std::uint32_t>(size));
        writer.number(static_cast<std::uint8_t>(kFirstType<Message> + message.index()));
        writer.zeroes(3);
        fields<Writer>(writer, static_cast<const Body&>(body));
        return true;
      },
      message);
}

template <typename Message, std::size_t Which = 0>
bool read_body(std::size_t which, ByteView body, std::vector<Message>& out) {
  if constexpr (Which < std::variant_size_v<Message>) {
    if (which != Which) return read_body<Message, Which + 1>(which, body, out);
    using Body = std::variant_alternative_t<Which, Message>;
    out.emplace_back(std::in_place_type<Body>);
    Reader reader(body);
    fields<Reader>(reader, std::get<Body>(out.back()));
    return reader.good();
  } else {
    return false;
  }
}

template <typename Message>
std::optional<std::vector<Message>> decode(ByteView packet) {
  std::vector<Message> out;
  if (packet.empty() || packet.size() > kPacketMax) return std::nullopt;
  while (!packet.empty()) {
    ByteReader head(packet);
    const std::size_t size = head.u32_le();
    const std::uint32_t type = head.u32_le();
    if (head.failed() || size < kRecordHead || size > packet.size() || type < kFirstType<Message>) {
      return std::nullopt;
    }
    const ByteView body = packet.subspan(kRecordHead, size - kRecordHead);
    if (!read_body<Message>(type - kFirstType<Message>, body, out)) return std::nullopt;
    packet = packet.subspan(size);
  }
  return out;
}

}  // namespace

bool PacketBuilder::add(const Down& message) {
  return add_record(bytes_, message);
}

bool PacketBuilder::add(const Up& message) {
  return add_record(bytes_, message);
}

void PacketBuilder::clear() {
  wipe(bytes_);
  bytes_.clear();
}

std::optional<std::vector<Down>> decode_down(ByteView packet) {
  return decode<Down>(packet);
}

std::optional<std::vector<Up>> decode_up(ByteView packet) {
  return decode<Up>(packet);
}

}  // namespace mehr::border
