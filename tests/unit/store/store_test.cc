// The store as the daemon uses it: what is put comes back after a restart, messages in order,
// thousands of paths fast.
#include <gtest/gtest.h>

#include <algorithm>

#include "controlplane/store/rows.h"
#include "core/base/random.h"
#include "tests/unit/store/fixture.h"

namespace mehr::store {
namespace {

TEST_F(StoreTest, IdentityIsMadeOnceAndStays) {
  open();
  SeededRandom random(1), other(2);
  const auto first = store_->identity(random);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = store_->identity(other);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->hash(), first->hash());
  reopen();
  const auto after = store_->identity(other);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->export_private(), first->export_private());
}

TEST_F(StoreTest, CachesComeBack) {
  open();
  const auto path = some_path(1, kNow);
  routing::TunnelEntry tunnel{numbered<32>(5), kNow + 1h, {some_path(2, kNow)}};
  store_->put_path(path, kNow, kUnixNow);
  store_->put_path(some_path(3, kNow), kNow, kUnixNow);
  store_->remove_path(numbered(3));
  store_->put_tunnel(tunnel, kNow, kUnixNow);
  store_->put_identity(numbered(4), numbered<64>(4));
  store_->put_peer({numbered(6), "hop", "udp", "192.0.2.1:1"}, kUnixNow);
  store_->put_peer({numbered(6), "hop", "udp", "192.0.2.1:2"}, kUnixNow);
  store_->put_peer({numbered(7), "hop", "tcp", "192.0.2.2:2"}, kUnixNow - kPeerLifetime);
  store_->put_peer({numbered(8), "hop", "tcp", "192.0.2.3:2"}, kUnixNow);
  store_->remove_peer(numbered(8), "tcp");
  store_->put_announced(numbered(9), kUnixNow + 1h);
  store_->put_announced(numbered(9), kUnixNow + 2h);
  reopen();  // the destructor commits what is queued
  const auto loaded = store_->load(kNow, kUnixNow);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->paths.size(), 1U);
  EXPECT_EQ(loaded->paths[0].destination, path.destination);
  EXPECT_EQ(loaded->paths[0].interface_name, "radio");
  ASSERT_EQ(loaded->tunnels.size(), 1U);
  EXPECT_EQ(loaded->tunnels[0].id, tunnel.id);
  ASSERT_EQ(loaded->tunnels[0].paths.size(), 1U);
  ASSERT_EQ(loaded->identities.size(), 1U);
  EXPECT_EQ(loaded->identities[0].second, numbered<64>(4));
  ASSERT_EQ(loaded->peers.size(), 1U);
  EXPECT_EQ(loaded->peers[0].address, "192.0.2.1:2");
  ASSERT_EQ(loaded->announced.size(), 1U);
  EXPECT_EQ(loaded->announced[0].first, numbered(9));
  EXPECT_EQ(loaded->announced[0].second, std::chrono::floor<std::chrono::seconds>(kUnixNow + 2h));
  store_->remove_path(path.destination);
  ASSERT_TRUE(flush().ok());
  EXPECT_TRUE(store_->load(kNow, kUnixNow)->paths.empty());
}

TEST_F(StoreTest, MessagesComeNewestFirstAndAreReplacedInPlace) {
  open();
  for (std::uint64_t i = 0; i < 200; ++i)
    store_->put_message(some_message(i), {});
  endpoint::Message changed = some_message(10);
  changed.title = "changed";
  ASSERT_TRUE(put(changed).ok());
  endpoint::Message outgoing = some_message(10);  // the same id in the other direction
  outgoing.incoming = false;
  outgoing.state = endpoint::MessageState::kQueued;
  ASSERT_TRUE(put(outgoing).ok());
  auto messages = list(3);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_FALSE(messages[0].incoming);
  EXPECT_EQ(messages[1].id, numbered<32>(199));
  EXPECT_EQ(messages[2].id, numbered<32>(198));
  messages = list(1'000'000);
  ASSERT_EQ(messages.size(), 201U);
  EXPECT_EQ(messages[190].id, numbered<32>(10));
  EXPECT_EQ(messages[190].title, "changed");
  EXPECT_TRUE(list(0).empty());
  EXPECT_EQ(store_->stats().messages_written, 202U);
}

TEST_F(StoreTest, OnlyUnfinishedMessagesAreLoaded) {
  open();
  using enum endpoint::MessageState;
  std::uint64_t number = 0;
  for (const auto state : {kSent, kQueued, kDelivered, kFailed, kReceived}) {
    endpoint::Message message = some_message(number++);
    message.incoming = state == kReceived;
    message.state = state;
    ASSERT_TRUE(put(message).ok());
  }
  reopen();
  auto loaded = store_->load(kNow, kUnixNow);
  ASSERT_TRUE(loaded.ok());
  ASSERT_EQ(loaded->unfinished.size(), 2U);
  EXPECT_EQ(loaded->unfinished[0].id, numbered<32>(0));
  endpoint::Message done = some_message(0);
  done.incoming = false;
  done.state = kDelivered;
  ASSERT_TRUE(put(done).ok());
  EXPECT_EQ(store_->load(kNow, kUnixNow)->unfinished.size(), 1U);
}

TEST_F(StoreTest, LargeMessagesFitAndTooLargeOnesAreRefused) {
  open();
  endpoint::Message message = some_message(1);
  message.content.assign(1'048'576, 'x');
  EXPECT_TRUE(put(message).ok());
  EXPECT_EQ(list(1).at(0).content.size(), 1'048'576U);
  message.content.assign(30'000'000, 'x');
  EXPECT_EQ(put(message).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(list(1).at(0).content.size(), 1'048'576U);
}

TEST_F(StoreTest, OversizedPathsAreCountedNotStored) {
  open();
  auto path = some_path(1, kNow);
  path.announce_payload.resize(100'000);
  store_->put_path(path, kNow, kUnixNow);
  ASSERT_TRUE(flush().ok());
  EXPECT_EQ(store_->stats().cache_dropped, 1U);
  EXPECT_TRUE(store_->load(kNow, kUnixNow)->paths.empty());
}

TEST_F(StoreTest, FlushWithNothingToDo) {
  open();
  EXPECT_TRUE(flush().ok());
  EXPECT_TRUE(flush().ok());
}

TEST_F(StoreTest, ThousandsOfPathsLoadFast) {
  constexpr std::uint64_t kPaths = 5'000;
  open();
  for (std::uint64_t i = 0; i < kPaths; ++i)
    store_->put_path(some_path(i, kNow), kNow, kUnixNow);
  ASSERT_TRUE(flush().ok());
  reopen();
  const auto start = std::chrono::steady_clock::now();
  const auto loaded = store_->load(kNow, kUnixNow);
  const auto took = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->paths.size(), kPaths);
  // Measured at 10 ms; the bound only catches a change of kind, also under sanitizers.
  EXPECT_LT(took, std::chrono::seconds(10));
  RecordProperty(
      "load_us",
      static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
}

TEST_F(StoreTest, PassphraseSealsTheIdentity) {
  options_.passphrase = "correct horse";
  open();
  SeededRandom random(1);
  const auto made = store_->identity(random);
  ASSERT_TRUE(made.ok()) << made.status();
  reopen();
  EXPECT_EQ(store_->identity(random)->hash(), made->hash());

  store_.reset();
  options_.passphrase = "wrong horse";
  open();
  EXPECT_EQ(store_->identity(random).status().code(), absl::StatusCode::kPermissionDenied);
  store_.reset();
  options_.passphrase.clear();
  open();
  const Status missing = store_->identity(random).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(missing.message().find("passphrase_file"), std::string::npos);
}

TEST_F(StoreTest, SuperfluousPassphraseIsAnError) {
  open();
  SeededRandom random(1);
  ASSERT_TRUE(store_->identity(random).ok());
  store_.reset();
  options_.passphrase = "x";
  open();
  const Status status = store_->identity(random).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("not encrypted"), std::string::npos);
}

/// A thousand identities cost a stranger nothing: they push out one another and nobody who was
/// named.
TEST_F(StoreTest, StrangersDoNotPushOutNamedNeighbours) {
  open();
  for (std::uint8_t i = 1; i <= 20; ++i)
    store_->put_peer({numbered(i), "hop", "udp", "192.0.2.1:1"}, kUnixNow);
  store_->put_peer({numbered(30), "hop", "udp", "192.0.2.1:1", true}, kUnixNow);
  store_->put_peer({numbered(30), "hop", "udp", "192.0.2.1:1"}, kUnixNow);  // named since
  SeededRandom random(4);
  for (int i = 0; i < 1'200; ++i)
    store_->put_peer({IdentityHash{random.fixed<16>()}, "hop", "udp", "192.0.2.2:1", true},
                     kUnixNow);
  reopen();  // tables are cut to their size when they are opened
  const auto loaded = store_->load({}, kUnixNow);
  ASSERT_TRUE(loaded.ok());
  std::size_t named = 0, strangers = 0;
  for (const auto& peer : loaded->peers)
    ++(peer.stranger ? strangers : named);
  EXPECT_EQ(named, 21U);
  EXPECT_EQ(strangers, 256U);
}

TEST_F(StoreTest, ImportAndReadWithoutADaemon) {
  SeededRandom random(3);
  const auto identity = crypto::PrivateIdentity::generate(random);
  const auto raw = identity.export_private();
  EXPECT_EQ(read_identity(options_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(options_.directory));  // reading makes nothing
  EXPECT_EQ(import_identity(options_, raw.view().first(63), false).code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(import_identity(options_, raw.view(), false).ok());
  EXPECT_EQ(read_identity(options_)->export_private(), raw);
  EXPECT_EQ(import_identity(options_, raw.view(), false).code(), absl::StatusCode::kAlreadyExists);

  const auto other = crypto::PrivateIdentity::generate(random);
  options_.passphrase = "p";
  ASSERT_TRUE(import_identity(options_, other.export_private().view(), true).ok());
  EXPECT_EQ(read_identity(options_)->hash(), other.hash());
  open();
  EXPECT_EQ(store_->identity(random)->hash(), other.hash());
  EXPECT_EQ(read_identity(options_).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(import_identity(options_, raw.view(), true).code(), absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace mehr::store
