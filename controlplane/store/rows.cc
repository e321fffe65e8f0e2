// The row formats of rows.h. Pure; any thread.
#include "controlplane/store/rows.h"

#include <algorithm>
#include <bit>

namespace mehr::store {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxBlobs = 64;
constexpr std::size_t kMaxNameBytes = 512;
constexpr std::size_t kMaxPeerText = 256;  // of an interface name, of an address
// Beyond this the wall clock is broken, not late: year 4253, and no sum below can overflow.
constexpr std::int64_t kLastEmission = (std::int64_t{1} << 40) - 2;  // and one more fits
constexpr std::int64_t kMaxUnixMicros = std::int64_t{1} << 56;
// No path or tunnel is made to live longer (reticulum-wire §7: a week), so a row that says so lies.
constexpr Duration kMaxLifetime = 24h * 30;

constexpr std::uint8_t kHasRatchet = 1;
constexpr std::uint8_t kVerified = 1, kHasRtt = 2, kHasRssi = 4, kHasSnr = 8;

std::uint64_t to_wall(Time time, const ClockPair& clocks) {
  const UnixTime wall = clocks.unix_now + (time - clocks.now);
  return static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(wall.time_since_epoch().count(), 0, kMaxUnixMicros));
}

std::optional<UnixTime> read_wall(ByteReader& reader) {
  const std::uint64_t micros = reader.u64_le();
  if (micros > static_cast<std::uint64_t>(kMaxUnixMicros)) return std::nullopt;
  return UnixTime{std::chrono::microseconds(static_cast<std::int64_t>(micros))};
}

// A moment in the past: a stored time ahead of the clock counts as this moment.
Time past(UnixTime stored, const ClockPair& clocks) {
  const Duration age = clocks.unix_now - stored;
  return clocks.now - std::max(age, Duration{0});
}

// An end: never farther away than `lifetime`, however far the clock was set back.
Time future(UnixTime stored, Duration lifetime, const ClockPair& clocks) {
  const Duration left = stored - clocks.unix_now;
  return clocks.now + std::min(left, std::clamp(lifetime, Duration{0}, kMaxLifetime));
}

void put_run(ByteWriter& writer, ByteView run) {
  writer.u32_le(static_cast<std::uint32_t>(run.size())).bytes(run);
}

ByteView take_run(ByteReader& reader) {
  return reader.take(reader.u32_le());
}

void put_double(ByteWriter& writer, double value) {
  writer.u64_le(std::bit_cast<std::uint64_t>(value));
}

double take_double(ByteReader& reader) {
  return std::bit_cast<double>(reader.u64_le());
}

}  // namespace

Bytes encode_path(const routing::PathEntry& entry, const ClockPair& clocks) {
  ByteWriter writer(128 + entry.announce_payload.size() + entry.blobs.size() * 10);
  writer.u8(kVersion).bytes(entry.next_hop.view()).u8(entry.hops);
  writer.u8(static_cast<std::uint8_t>(entry.state));
  writer.u8(entry.announce_has_ratchet ? kHasRatchet : 0);
  writer.u64_le(to_wall(entry.learned, clocks)).u64_le(to_wall(entry.last_used, clocks));
  writer.u64_le(to_wall(entry.expires, clocks));
  const ByteView name =
      as_bytes(entry.interface_name).first(std::min(entry.interface_name.size(), kMaxNameBytes));
  writer.u16_le(static_cast<std::uint16_t>(name.size())).bytes(name);
  // The newest blobs are the ones that recognise a replay.
  const std::size_t blobs = std::min(entry.blobs.size(), kMaxBlobs);
  writer.u8(static_cast<std::uint8_t>(blobs));
  for (std::size_t i = entry.blobs.size() - blobs; i < entry.blobs.size(); ++i) {
    writer.bytes(entry.blobs[i].view());
  }
  put_run(writer, entry.announce_payload);
  return writer.take();
}

std::optional<routing::PathEntry> decode_path(const DestinationHash& destination, ByteView row,
                                              const ClockPair& clocks) {
  if (row.size() > kMaxPathRow) return std::nullopt;
  ByteReader reader(row);
  if (reader.u8() != kVersion) return std::nullopt;
  routing::PathEntry entry;
  entry.destination = destination;
  entry.next_hop = reader.fixed<16>();
  entry.hops = reader.u8();
  const std::uint8_t state = reader.u8(), flags = reader.u8();
  const auto learned = read_wall(reader), used = read_wall(reader), expires = read_wall(reader);
  if (!learned || !used || !expires) return std::nullopt;
  entry.learned = past(*learned, clocks);
  entry.last_used = past(*used, clocks);
  entry.expires = future(*expires, *expires - *learned, clocks);
  const std::uint16_t name_size = reader.u16_le();
  entry.interface_name = as_text(reader.take(name_size));
  const std::uint8_t blobs = reader.u8();
  if (name_size > kMaxNameBytes || blobs > kMaxBlobs || reader.failed()) return std::nullopt;
  for (std::uint8_t i = 0; i < blobs; ++i) {
    entry.blobs.push_back(reader.fixed<wire::RandomBlob::kSize>());
  }
  entry.announce_payload = to_bytes(take_run(reader));
  if (!reader.finished() || state > static_cast<std::uint8_t>(routing::PathState::kResponsive) ||
      flags > kHasRatchet || entry.hops >= wire::kMaxHops) {
    return std::nullopt;
  }
  entry.state = static_cast<routing::PathState>(state);
  entry.announce_has_ratchet = flags == kHasRatchet;
  return entry;
}

Bytes encode_tunnel(const routing::TunnelEntry& tunnel, const ClockPair& clocks) {
  ByteWriter writer;
  writer.u8(kVersion).u64_le(to_wall(tunnel.expires, clocks));
  // The count comes first, so the paths are made before it.
  ByteWriter paths;
  std::uint32_t count = 0;
  for (const routing::PathEntry& entry : tunnel.paths) {
    const Bytes row = encode_path(entry, clocks);
    if (row.size() > kMaxPathRow) continue;
    if (count == kMaxTunnelPaths) break;
    if (paths.written().size() + row.size() + 64 > kMaxTunnelRow) break;
    paths.bytes(entry.destination.view());
    put_run(paths, row);
    ++count;
  }
  writer.u32_le(count).bytes(paths.written());
  return writer.take();
}

std::optional<routing::TunnelEntry> decode_tunnel(const Hash32& id, ByteView row,
                                                  const ClockPair& clocks) {
  if (row.size() > kMaxTunnelRow) return std::nullopt;
  ByteReader reader(row);
  if (reader.u8() != kVersion) return std::nullopt;
  const auto expires = read_wall(reader);
  const std::uint32_t count = reader.u32_le();
  if (!expires || reader.failed() || count > kMaxTunnelPaths) return std::nullopt;
  routing::TunnelEntry tunnel;
  tunnel.id = id;
  tunnel.expires = future(*expires, kMaxLifetime, clocks);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto destination = reader.fixed<16>();
    auto entry = decode_path(destination, take_run(reader), clocks);
    if (!entry || reader.failed()) return std::nullopt;
    tunnel.paths.push_back(std::move(*entry));
  }
  if (!reader.finished()) return std::nullopt;
  return tunnel;
}

Bytes peer_key(const IdentityHash& identity, const std::string& transport) {
  return ByteWriter(kPeerKey).bytes(identity.view()).u8(transport == "tcp" ? 1 : 0).take();
}

Bytes encode_peer(const neighbour::RememberedPeer& peer, UnixTime last_linked) {
  ByteWriter writer(64);
  writer.u8(kVersion).u64_le(static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(last_linked.time_since_epoch().count(), 0, kMaxUnixMicros)));
  for (const std::string* text : {&peer.interface, &peer.address}) {
    const ByteView run = as_bytes(*text).first(std::min(text->size(), kMaxPeerText));
    writer.u16_le(static_cast<std::uint16_t>(run.size())).bytes(run);
  }
  return writer.take();
}

std::optional<PeerRow> decode_peer(ByteView key, ByteView row) {
  ByteReader name(key), reader(row);
  PeerRow out;
  out.peer.identity = name.fixed<IdentityHash::kSize>();
  const std::uint8_t transport = name.u8();
  if (!name.finished() || transport > 1 || reader.u8() != kVersion) return std::nullopt;
  out.peer.transport = transport == 1 ? "tcp" : "udp";
  const auto last_linked = read_wall(reader);
  if (!last_linked) return std::nullopt;
  out.last_linked = *last_linked;
  for (std::string* text : {&out.peer.interface, &out.peer.address}) {
    const std::uint16_t size = reader.u16_le();
    if (size > kMaxPeerText) return std::nullopt;
    *text = as_text(reader.take(size));
  }
  if (!reader.finished()) return std::nullopt;
  return out;
}

Bytes encode_announced(UnixTime emitted) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(emitted.time_since_epoch()).count();
  return ByteWriter(9)
      .u8(kVersion)
      .u64_le(static_cast<std::uint64_t>(std::clamp<std::int64_t>(seconds, 0, kLastEmission)))
      .take();
}

std::optional<UnixTime> decode_announced(ByteView row) {
  ByteReader reader(row);
  if (reader.u8() != kVersion) return std::nullopt;
  const std::uint64_t seconds = reader.u64_le();
  if (!reader.finished() || seconds > std::uint64_t{kLastEmission}) return std::nullopt;
  return UnixTime{std::chrono::seconds{seconds}};
}

Bytes encode_message(const endpoint::Message& message) {
  ByteWriter writer(192 + message.title.size() + message.content.size() + message.fields.size());
  std::uint8_t flags = message.signature_verified ? kVerified : 0;
  if (message.rtt_ms) flags |= kHasRtt;
  if (message.signal.rssi_dbm) flags |= kHasRssi;
  if (message.signal.snr_db) flags |= kHasSnr;
  writer.u8(kVersion).u8(message.incoming ? 1 : 0).u8(static_cast<std::uint8_t>(message.state));
  writer.u8(static_cast<std::uint8_t>(message.method)).u8(flags).u8(message.hops);
  writer.bytes(message.id.view()).bytes(message.source.view()).bytes(message.destination.view());
  put_double(writer, message.timestamp);
  writer.u32_le(message.attempts).u64_le(message.wire_bytes);
  put_double(writer, message.rtt_ms.value_or(0));
  put_double(writer, message.signal.rssi_dbm.value_or(0));
  put_double(writer, message.signal.snr_db.value_or(0));
  put_run(writer, as_bytes(message.title));
  put_run(writer, as_bytes(message.content));
  put_run(writer, message.fields);
  put_run(writer, as_bytes(message.reason));
  return writer.take();
}

std::optional<endpoint::Message> decode_message(ByteView row) {
  if (row.size() > kMaxMessageRow) return std::nullopt;
  ByteReader reader(row);
  if (reader.u8() != kVersion) return std::nullopt;
  endpoint::Message message;
  const std::uint8_t incoming = reader.u8(), state = reader.u8(), method = reader.u8();
  const std::uint8_t flags = reader.u8();
  message.hops = reader.u8();
  message.id = reader.fixed<32>();
  message.source = reader.fixed<16>();
  message.destination = reader.fixed<16>();
  message.timestamp = take_double(reader);
  message.attempts = reader.u32_le();
  message.wire_bytes = reader.u64_le();
  const double rtt = take_double(reader), rssi = take_double(reader), snr = take_double(reader);
  message.title = as_text(take_run(reader));
  message.content = as_text(take_run(reader));
  message.fields = to_bytes(take_run(reader));
  message.reason = as_text(take_run(reader));
  if (!reader.finished() || incoming > 1 || flags >= 2 * kHasSnr ||
      state > static_cast<std::uint8_t>(endpoint::MessageState::kReceived) ||
      method > static_cast<std::uint8_t>(endpoint::MessageMethod::kResource)) {
    return std::nullopt;
  }
  message.incoming = incoming == 1;
  message.state = static_cast<endpoint::MessageState>(state);
  message.method = static_cast<endpoint::MessageMethod>(method);
  message.signature_verified = (flags & kVerified) != 0;
  if ((flags & kHasRtt) != 0) message.rtt_ms = rtt;
  if ((flags & kHasRssi) != 0) message.signal.rssi_dbm = rssi;
  if ((flags & kHasSnr) != 0) message.signal.snr_db = snr;
  return message;
}

}  // namespace mehr::store
