// Commits in virtual time. See disk.h.
#include "tools/mehr-sim/disk.h"

#include <algorithm>
#include <utility>

#include "controlplane/store/rows.h"

namespace mehr::mehr_sim {
namespace {

// As the store thread of controlplane/store/store.cc has them.
constexpr std::size_t kMessagesPerCommit = 64;
constexpr Duration kMessageDelay = 2ms;
constexpr Duration kCacheDelay = 500ms;
constexpr std::size_t kCacheRowsPerCommit = 2'048;
constexpr std::size_t kCacheBytesPerCommit = std::size_t{1} << 20U;

using store::CacheTable;

// The rows of a table, oldest first.
template <typename Table>
std::vector<typename Table::const_iterator> in_order(const Table& table) {
  std::vector<typename Table::const_iterator> out;
  for (auto at = table.begin(); at != table.end(); ++at)
    out.push_back(at);
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a->second.sequence < b->second.sequence; });
  return out;
}

}  // namespace

bool SimDisk::damage_cache(Random& random) {
  auto& table = cache[random.below(store::kCacheTables)];
  if (table.empty()) return false;
  auto at = table.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random.below(table.size())));
  Bytes& bytes = at->second.bytes;
  if (bytes.empty()) return false;
  bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
  return true;
}

void SimDisk::lose_cache() {
  for (auto& table : cache)
    table.clear();
}

SimStore::SimStore(Engine& engine, HostId host, SimDisk& disk, Random& random,
                   const crypto::PrivateIdentity& identity)
    : engine_(engine),
      host_(host),
      incarnation_(engine.incarnation(host)),
      disk_(disk),
      random_(random),
      identity_(identity) {}

SimStore::~SimStore() {
  engine_.cancel(wake_);
  if (committing_) apply(*committing_);
  if (!pending_.empty()) apply(pending_.take(SIZE_MAX, SIZE_MAX, SIZE_MAX));
}

void SimStore::drop() {
  if (committing_) {
    // SQLite's log either has the whole transaction with good checksums, or none of it counts.
    if (random_.below(2) == 0) {
      apply(*committing_);
    } else {
      ++disk_.lost_commits;
    }
  }
  committing_.reset();
  pending_ = store::Pending();
}

Result<crypto::PrivateIdentity> SimStore::identity(Random&) {
  return identity_;
}

Result<store::Loaded> SimStore::load(Time now, UnixTime unix_now) {
  const store::ClockPair clocks{now, unix_now};
  store::Loaded out;
  for (std::size_t i = 0; i < store::kCacheTables; ++i) {
    for (const auto& at : in_order(disk_.cache[i]))
      store::open_cache_row(static_cast<CacheTable>(i), at->first, at->second.bytes, clocks, out);
  }
  for (const auto& at : in_order(disk_.messages)) {
    auto message = store::decode_message(at->second.bytes);
    if (!message || message->incoming) continue;
    if (message->state == endpoint::MessageState::kQueued ||
        message->state == endpoint::MessageState::kSent) {
      out.unfinished.push_back(*std::move(message));
    }
  }
  return out;
}

void SimStore::put_path(const routing::PathEntry& entry, Time now, UnixTime unix_now) {
  put_cache({CacheTable::kPaths, to_bytes(entry.destination.view()),
             store::encode_path(entry, {now, unix_now})});
}

void SimStore::remove_path(const DestinationHash& destination) {
  put_cache({CacheTable::kPaths, to_bytes(destination.view()), std::nullopt});
}

void SimStore::put_tunnel(const routing::TunnelEntry& tunnel, Time now, UnixTime unix_now) {
  put_cache({CacheTable::kTunnels, to_bytes(tunnel.id.view()),
             store::encode_tunnel(tunnel, {now, unix_now})});
}

void SimStore::put_identity(const DestinationHash& destination, const PublicIdentity& identity) {
  put_cache({CacheTable::kIdentities, to_bytes(destination.view()), to_bytes(identity.view())});
}

void SimStore::put_peer(const neighbour::RememberedPeer& peer, UnixTime unix_now) {
  put_cache({peer.stranger ? CacheTable::kStrangers : CacheTable::kPeers,
             store::peer_key(peer.identity, peer.transport), store::encode_peer(peer, unix_now)});
}

void SimStore::remove_peer(const IdentityHash& identity, const std::string& transport) {
  for (const CacheTable table : {CacheTable::kPeers, CacheTable::kStrangers})
    put_cache({table, store::peer_key(identity, transport), std::nullopt});
}

void SimStore::put_announced(const DestinationHash& destination, UnixTime emitted) {
  put_cache(
      {CacheTable::kAnnounced, to_bytes(destination.view()), store::encode_announced(emitted)});
}

void SimStore::put_cache(store::CacheWrite write) {
  if (pending_.cache() == 0) cache_since_ = engine_.now();
  pending_.add_cache(std::move(write));
  wake(kCacheDelay);
}

void SimStore::put_message(const endpoint::Message& message, Done done) {
  const bool unfinished = !message.incoming && (message.state == endpoint::MessageState::kQueued ||
                                                message.state == endpoint::MessageState::kSent);
  if (acknowledge_early_ && done) {
    post([call = std::exchange(done, nullptr)] { call(absl::OkStatus()); });
  }
  store::PendingMessage pending{
      {message.id, message.incoming, unfinished, store::encode_message(message)}, std::move(done)};
  if (!pending_.add_message(pending)) {
    if (!pending.done) return;
    post([call = std::move(pending.done)] {
      call(absl::ResourceExhaustedError("too many messages wait to be written"));
    });
    return;
  }
  wake(kMessageDelay);
}

void SimStore::list_messages(std::size_t,
                             std::function<void(Result<std::vector<endpoint::Message>>)> done) {
  post([done = std::move(done)] { done(absl::UnimplementedError("nobody lists messages here")); });
}

void SimStore::flush(Done done) {
  flushes_.push_back(std::move(done));
  wake(Duration::zero());
}

void SimStore::post(std::function<void()> call) {
  engine_.after(
      Duration::zero(),
      {host_, incarnation_, EventKind::kDisk, {}, [call = std::move(call)](ByteView) { call(); }});
}

// The disk is not the process: it goes on while that is paused, and its answers wait.
void SimStore::wake(Duration delay) {
  if (committing_) return;
  const Time at = engine_.now() + delay;
  if (at >= wake_at_) return;
  engine_.cancel(wake_);
  wake_at_ = at;
  wake_ = engine_.at(at, {host_, incarnation_, EventKind::kDisk, {}, [this](ByteView) {
                            wake_ = 0;
                            wake_at_ = Time::max();
                            begin_commit();
                          }});
}

Duration SimStore::sync_time() {
  return disk_.sync_min + random_.jitter(disk_.sync_max - disk_.sync_min + 1us);
}

void SimStore::begin_commit() {
  const bool cache_due = !flushes_.empty() || engine_.now() >= cache_since_ + kCacheDelay;
  committing_ =
      pending_.take(kMessagesPerCommit, cache_due ? kCacheRowsPerCommit : 0, kCacheBytesPerCommit);
  wake_ = engine_.after(sync_time(), {host_, incarnation_, EventKind::kDisk, {}, [this](ByteView) {
                                        wake_ = 0;
                                        end_commit();
                                      }});
}

void SimStore::end_commit() {
  store::Batch batch = *std::exchange(committing_, std::nullopt);
  Status status;
  if (disk_.state == DiskState::kGood) {
    apply(batch);
  } else {
    ++disk_.failed_commits;
    status = disk_.state == DiskState::kFull ? absl::ResourceExhaustedError("the disk is full")
                                             : absl::InternalError("disk I/O error");
  }
  if (pending_.messages() > 0 || !flushes_.empty()) {
    wake(kMessageDelay);
  } else if (pending_.cache() > 0) {
    wake(kCacheDelay);
  }
  if (pending_.empty()) {
    for (Done& done : std::exchange(flushes_, {}))
      if (done) post([call = std::move(done), status] { call(status); });
  }
  for (store::PendingMessage& message : batch.messages)
    if (message.done) message.done(status);
}

void SimStore::apply(const store::Batch& batch) {
  if (disk_.state != DiskState::kGood) return;
  ++disk_.commits;
  for (const auto& message : batch.messages) {
    disk_.messages[{message.row.id, message.row.incoming}] = {++disk_.sequence, message.row.row};
  }
  for (const auto& write : batch.cache) {
    auto& table = disk_.cache[static_cast<std::size_t>(write.table)];
    if (write.row) {
      table[write.key] = {++disk_.sequence, store::seal_cache_row(write)};
    } else {
      table.erase(write.key);
    }
  }
}

}  // namespace mehr::mehr_sim
