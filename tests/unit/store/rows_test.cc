// Row formats: round trips, clocks that jump, and rows that a broken disk might return.
#include "controlplane/store/rows.h"

#include <gtest/gtest.h>

#include "tests/unit/store/fixture.h"

namespace mehr::store {
namespace {

const ClockPair kClocks{kNow, kUnixNow};

void expect_same(const routing::PathEntry& a, const routing::PathEntry& b) {
  EXPECT_EQ(a.destination, b.destination);
  EXPECT_EQ(a.next_hop, b.next_hop);
  EXPECT_EQ(a.hops, b.hops);
  EXPECT_EQ(a.interface_name, b.interface_name);
  EXPECT_EQ(a.learned, b.learned);
  EXPECT_EQ(a.last_used, b.last_used);
  EXPECT_EQ(a.expires, b.expires);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.blobs, b.blobs);
  EXPECT_EQ(a.announce_payload, b.announce_payload);
  EXPECT_EQ(a.announce_has_ratchet, b.announce_has_ratchet);
}

TEST(PathRow, RoundTrip) {
  const routing::PathEntry entry = some_path(7, kNow);
  const auto read = decode_path(entry.destination, encode_path(entry, kClocks), kClocks);
  ASSERT_TRUE(read);
  expect_same(*read, entry);
}

TEST(PathRow, AgesFollowTheWallClockOverRestarts) {
  const routing::PathEntry entry = some_path(7, kNow);
  // The machine was off for 60 s and counts its time from a new start.
  const ClockPair later{Time{Duration{3'000'000}}, kUnixNow + 60s};
  const auto read = decode_path(entry.destination, encode_path(entry, kClocks), later);
  ASSERT_TRUE(read);
  EXPECT_EQ(later.now - read->learned, 160s);
  EXPECT_EQ(later.now - read->last_used, 70s);
  EXPECT_EQ(read->expires - later.now, 940s);
}

TEST(PathRow, AClockSetBackMakesNothingFromTheFuture) {
  const routing::PathEntry entry = some_path(7, kNow);
  const ClockPair earlier{kNow, kUnixNow - 24h * 365};
  const auto read = decode_path(entry.destination, encode_path(entry, kClocks), earlier);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->learned, kNow);
  EXPECT_EQ(read->last_used, kNow);
  EXPECT_EQ(read->expires - kNow, 1100s);  // the lifetime it had when learned
}

TEST(PathRow, ExtremeTimesDoNotOverflow) {
  routing::PathEntry entry = some_path(7, kNow);
  entry.learned = Time{Duration{-1'000'000'000'000'000'000}};
  entry.expires = Time{Duration{1'000'000'000'000'000'000}};
  for (const auto unix_now : {UnixTime{}, kUnixNow, UnixTime{} + 24h * 365 * 2000}) {
    const ClockPair clocks{kNow, unix_now};
    const auto read = decode_path(entry.destination, encode_path(entry, clocks), clocks);
    ASSERT_TRUE(read);
    EXPECT_LE(read->learned, kNow);
    EXPECT_LE(read->expires, kNow + 24h * 30);
  }
}

TEST(PathRow, KeepsTheNewestBlobs) {
  routing::PathEntry entry = some_path(7, kNow);
  entry.blobs.clear();
  for (std::uint64_t i = 0; i < 70; ++i)
    entry.blobs.push_back(numbered<10>(i));
  const auto read = decode_path(entry.destination, encode_path(entry, kClocks), kClocks);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->blobs.size(), 64U);
  EXPECT_EQ(read->blobs.front(), numbered<10>(6));
  EXPECT_EQ(read->blobs.back(), numbered<10>(69));
}

TEST(PathRow, RefusesShortLongAndOutOfRange) {
  const routing::PathEntry entry = some_path(7, kNow);
  const Bytes row = encode_path(entry, kClocks);
  for (std::size_t size = 0; size < row.size(); ++size) {
    EXPECT_FALSE(decode_path(entry.destination, ByteView(row).first(size), kClocks)) << size;
  }
  Bytes changed = row;
  changed.push_back(0);
  EXPECT_FALSE(decode_path(entry.destination, changed, kClocks));
  struct Row {
    std::size_t offset;
    std::uint8_t value;
  };
  // version, hops, state, flags, top byte of a time, name length
  for (const Row& bad : {Row{0, 2}, {17, 128}, {18, 3}, {19, 2}, {27, 1}, {45, 0xFF}}) {
    changed = row;
    changed[bad.offset] = bad.value;
    EXPECT_FALSE(decode_path(entry.destination, changed, kClocks)) << bad.offset;
  }
}

TEST(TunnelRow, RoundTrip) {
  routing::TunnelEntry tunnel;
  tunnel.id = numbered<32>(9);
  tunnel.expires = kNow + 8h;
  for (std::uint64_t i = 0; i < 50; ++i)
    tunnel.paths.push_back(some_path(i, kNow));
  const Bytes row = encode_tunnel(tunnel, kClocks);
  const auto read = decode_tunnel(tunnel.id, row, kClocks);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->expires, tunnel.expires);
  ASSERT_EQ(read->paths.size(), 50U);
  expect_same(read->paths[49], tunnel.paths[49]);
  for (std::size_t size = 0; size < row.size(); size += 7) {
    EXPECT_FALSE(decode_tunnel(tunnel.id, ByteView(row).first(size), kClocks)) << size;
  }
}

TEST(TunnelRow, LeavesOutWhatIsTooMuch) {
  routing::TunnelEntry tunnel;
  tunnel.paths.assign(kMaxTunnelPaths + 10, some_path(1, kNow));
  tunnel.paths[0].announce_payload.resize(kMaxPathRow);
  const auto read = decode_tunnel({}, encode_tunnel(tunnel, kClocks), kClocks);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->paths.size(), kMaxTunnelPaths);
}

TEST(PeerRow, RoundTrip) {
  neighbour::RememberedPeer peer;
  peer.identity.bytes[3] = 7;
  peer.interface = "hop";
  peer.transport = "tcp";
  peer.address = "[2001:db8::1]:4343";
  const UnixTime then{std::chrono::microseconds{1'700'000'000'000'000}};
  const Bytes key = peer_key(peer.identity, peer.transport), row = encode_peer(peer, then);
  const auto back = decode_peer(key, row);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->peer.identity, peer.identity);
  EXPECT_EQ(back->peer.interface, "hop");
  EXPECT_EQ(back->peer.transport, "tcp");
  EXPECT_EQ(back->peer.address, peer.address);
  EXPECT_EQ(back->last_linked, then);
  for (std::size_t size = 0; size < row.size(); ++size)
    EXPECT_FALSE(decode_peer(key, ByteView(row).first(size)));
  EXPECT_FALSE(decode_peer(ByteView(key).first(16), row));
}

TEST(AnnouncedRow, RoundTrip) {
  const UnixTime then{std::chrono::microseconds{1'700'000'000'900'000}};
  const Bytes row = encode_announced(then);
  EXPECT_EQ(decode_announced(row), UnixTime{std::chrono::seconds{1'700'000'000}});
  for (std::size_t size = 0; size < row.size(); ++size)
    EXPECT_FALSE(decode_announced(ByteView(row).first(size)));
  Bytes far = row;
  far[1 + 5] = 1;  // more than 40 bits
  EXPECT_FALSE(decode_announced(far));
}

TEST(MessageRow, RoundTrip) {
  endpoint::Message message = some_message(3);
  message.reason = "because";
  message.attempts = 4;
  message.rtt_ms = 12.5;
  const auto read = decode_message(encode_message(message));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, message.id);
  EXPECT_EQ(read->incoming, message.incoming);
  EXPECT_EQ(read->source, message.source);
  EXPECT_EQ(read->destination, message.destination);
  EXPECT_EQ(read->title, message.title);
  EXPECT_EQ(read->content, message.content);
  EXPECT_EQ(read->fields, message.fields);
  EXPECT_EQ(read->timestamp, message.timestamp);
  EXPECT_EQ(read->state, message.state);
  EXPECT_EQ(read->method, message.method);
  EXPECT_EQ(read->reason, message.reason);
  EXPECT_EQ(read->signature_verified, message.signature_verified);
  EXPECT_EQ(read->hops, message.hops);
  EXPECT_EQ(read->attempts, message.attempts);
  EXPECT_EQ(read->rtt_ms, message.rtt_ms);
  EXPECT_EQ(read->wire_bytes, message.wire_bytes);
  EXPECT_EQ(read->signal.rssi_dbm, message.signal.rssi_dbm);
  EXPECT_EQ(read->signal.snr_db, message.signal.snr_db);
}

TEST(MessageRow, RefusesShortLongAndOutOfRange) {
  const Bytes row = encode_message(some_message(3));
  for (std::size_t size = 0; size < row.size(); ++size) {
    EXPECT_FALSE(decode_message(ByteView(row).first(size))) << size;
  }
  Bytes changed = row;
  changed.push_back(0);
  EXPECT_FALSE(decode_message(changed));
  for (std::size_t offset : {0U, 1U, 2U, 3U, 4U}) {
    changed = row;
    changed[offset] = 0x77;
    EXPECT_FALSE(decode_message(changed)) << offset;
  }
}

}  // namespace
}  // namespace mehr::store
