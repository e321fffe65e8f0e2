// The store thread: takes what pending.h holds, writes messages before caches, each in a
// transaction of its own, and posts the acknowledgements once they are durable. The tables are in
// identity_database.h and cache_database.h. Public functions: reactor thread.
#include "controlplane/store/store.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "controlplane/store/cache_database.h"
#include "controlplane/store/identity_database.h"
#include "controlplane/store/pending.h"
#include "controlplane/store/rows.h"
#include "controlplane/store/sealed_identity.h"
#include "controlplane/store/state_directory.h"

namespace mehr::store {
namespace {

using Clock = std::chrono::steady_clock;
using Callback = std::function<void()>;
using Post = std::function<void(Callback)>;

// A commit costs one fsync whether it carries 1 message or 64; 2 ms is less than that fsync.
constexpr std::size_t kMessagesPerCommit = 64;
constexpr auto kMessageDelay = std::chrono::milliseconds(2);
// Caches may lose half a second in a crash, and a path that changes often is written once.
constexpr auto kCacheDelay = std::chrono::milliseconds(500);
// About 10 ms of work, as long as a sync takes: a message waits for one such commit at most.
constexpr std::size_t kCacheRowsPerCommit = 2'048;
constexpr std::size_t kCacheBytesPerCommit = 1 << 20;
constexpr std::size_t kMaxListed = 10'000;

struct Flush {
  std::uint64_t before = 0;  ///< everything with a lower number must be written
  Status status;             ///< the first error meanwhile
  Store::Done done;
};

class StoreThread final : public Store {
 public:
  StoreThread(const StoreOptions& options, Post post, std::unique_ptr<StateDirectory> directory)
      : passphrase_(options.passphrase),
        log_(options.log),
        post_(std::move(post)),
        directory_(std::move(directory)) {}

  ~StoreThread() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
    wipe({reinterpret_cast<std::uint8_t*>(passphrase_.data()), passphrase_.size()});
  }

  Status start();

  Result<crypto::PrivateIdentity> identity(Random& random) override;
  Result<Loaded> load(Time now, UnixTime unix_now) override;

  void put_path(const routing::PathEntry& entry, Time now, UnixTime unix_now) override {
    put_cache({CacheTable::kPaths, to_bytes(entry.destination.view()),
               encode_path(entry, {now, unix_now})},
              kMaxPathRow);
  }
  void remove_path(const DestinationHash& destination) override {
    put_cache({CacheTable::kPaths, to_bytes(destination.view()), std::nullopt}, 0);
  }
  void put_tunnel(const routing::TunnelEntry& tunnel, Time now, UnixTime unix_now) override {
    put_cache(
        {CacheTable::kTunnels, to_bytes(tunnel.id.view()), encode_tunnel(tunnel, {now, unix_now})},
        kMaxTunnelRow);
  }
  void put_identity(const DestinationHash& destination, const PublicIdentity& identity) override {
    put_cache({CacheTable::kIdentities, to_bytes(destination.view()), to_bytes(identity.view())},
              PublicIdentity::kSize);
  }
  void put_peer(const neighbour::RememberedPeer& peer, UnixTime unix_now) override {
    const auto [here, there] = peer.stranger
                                   ? std::pair(CacheTable::kStrangers, CacheTable::kPeers)
                                   : std::pair(CacheTable::kPeers, CacheTable::kStrangers);
    const Bytes key = peer_key(peer.identity, peer.transport);
    put_cache({here, key, encode_peer(peer, unix_now)}, kMaxPeerRow);
    put_cache({there, key, std::nullopt}, 0);  // he may have been the other until now
  }
  void remove_peer(const IdentityHash& identity, const std::string& transport) override {
    for (const CacheTable table : {CacheTable::kPeers, CacheTable::kStrangers})
      put_cache({table, peer_key(identity, transport), std::nullopt}, 0);
  }
  void put_announced(const DestinationHash& destination, UnixTime emitted) override {
    const Bytes row = encode_announced(emitted);
    put_cache({CacheTable::kAnnounced, to_bytes(destination.view()), row}, row.size());
  }
  void put_message(const endpoint::Message& message, Done done) override;
  void list_messages(std::size_t limit,
                     std::function<void(Result<std::vector<endpoint::Message>>)> done) override;
  void flush(Done done) override;
  [[nodiscard]] StoreStats stats() const override;

 private:
  void put_cache(CacheWrite write, std::size_t max_row);
  void run();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void work(Batch batch, std::vector<Callback>& callbacks);
  void commit_messages(std::vector<PendingMessage> messages, std::vector<Callback>& callbacks);
  void commit_cache(const std::vector<CacheWrite>& writes);
  void publish();
  void finish_flushes(std::vector<Callback>& callbacks);
  void note(const Status& status, bool& failing, const std::string& what,
            std::vector<Callback>& callbacks);

  std::string passphrase_;
  std::function<void(const std::string&)> log_;
  Post post_;
  std::unique_ptr<StateDirectory> directory_;  // outlives the databases: it holds the lock

  // Whoever works on the databases: the opening thread before the reactor runs, then the store
  // thread.
  mutable std::mutex database_mutex_;
  std::unique_ptr<IdentityDatabase> identity_;
  std::unique_ptr<CacheDatabase> cache_;
  StoreStats worked_;  ///< counts of the databases
  bool posting_log_ = false;
  bool messages_failing_ = false, cache_failing_ = false;
  Status turn_status_;  ///< first error of this turn, for flushes
  std::vector<Callback> turn_log_;

  mutable std::mutex mutex_;  ///< of everything below; taken after database_mutex_ or alone
  std::condition_variable wake_;
  Pending pending_;
  Clock::time_point cache_since_;  ///< when the oldest waiting cache write came
  std::deque<Flush> flushes_;
  StoreStats refused_;    ///< counts of the queue
  StoreStats published_;  ///< worked_ as of the last turn, so that stats() never waits for the disk
  bool stopping_ = false;
  std::thread thread_;
};

Status StoreThread::start() {
  auto identity = IdentityDatabase::open(*directory_);
  if (!identity.ok()) return identity.status();
  identity_ = std::move(*identity);
  auto cache = CacheDatabase::open(*directory_, [this](const std::string& sentence) {
    if (!log_) return;
    if (posting_log_) {
      turn_log_.push_back([log = log_, sentence] { log(sentence); });
    } else {
      log_(sentence);
    }
  });
  if (!cache.ok()) return cache.status();
  cache_ = std::move(*cache);
  thread_ = std::thread([this] { run(); });
  return absl::OkStatus();
}

Result<crypto::PrivateIdentity> StoreThread::identity(Random& random) {
  const std::lock_guard lock(database_mutex_);
  const auto stored = identity_->identity();
  if (!stored.ok()) return stored.status();
  if (*stored) return unseal_identity(**stored, passphrase_);
  const auto fresh = crypto::PrivateIdentity::generate(random);
  const auto sealed = seal_identity(fresh, passphrase_, random);
  if (!sealed.ok()) return sealed.status();
  if (const Status put = identity_->put_identity(*sealed); !put.ok()) return put;
  return fresh;
}

Result<Loaded> StoreThread::load(Time now, UnixTime unix_now) {
  const std::lock_guard lock(database_mutex_);
  Loaded loaded;
  if (Status cache = cache_->load({now, unix_now}, loaded, worked_); !cache.ok()) return cache;
  auto unfinished = identity_->unfinished(worked_);
  if (!unfinished.ok()) return unfinished.status();
  loaded.unfinished = std::move(*unfinished);
  publish();
  return loaded;
}

void StoreThread::put_cache(CacheWrite write, std::size_t max_row) {
  const std::lock_guard lock(mutex_);
  if (write.row && write.row->size() > max_row) {
    ++refused_.cache_dropped;
    return;
  }
  const bool first = pending_.cache() == 0;
  if (first) cache_since_ = Clock::now();
  refused_.cache_dropped += pending_.add_cache(std::move(write));
  if (first) wake_.notify_one();
}

void StoreThread::put_message(const endpoint::Message& message, Done done) {
  const bool unfinished = !message.incoming && (message.state == endpoint::MessageState::kQueued ||
                                                message.state == endpoint::MessageState::kSent);
  PendingMessage pending{{message.id, message.incoming, unfinished, encode_message(message)},
                         std::move(done)};
  Status refused;
  {
    const std::lock_guard lock(mutex_);
    if (pending.row.row.size() > kMaxMessageRow) {
      refused = absl::InvalidArgumentError("the message is too large to store");
    } else if (!pending_.add_message(pending)) {
      refused = absl::ResourceExhaustedError(
          "too many messages wait to be written; the disk does not keep up");
    }
    if (!refused.ok()) ++refused_.message_errors;
  }
  if (refused.ok()) {
    wake_.notify_one();
  } else if (pending.done) {
    post_([done = std::move(pending.done), refused] { done(refused); });
  }
}

void StoreThread::list_messages(std::size_t limit,
                                std::function<void(Result<std::vector<endpoint::Message>>)> done) {
  PendingList list{std::min(limit, kMaxListed), std::move(done)};
  {
    const std::lock_guard lock(mutex_);
    if (pending_.add_list(list)) {
      wake_.notify_one();
      return;
    }
  }
  post_([done = std::move(list.done)] {
    done(absl::ResourceExhaustedError("too many message lists are being read; try again"));
  });
}

void StoreThread::flush(Done done) {
  {
    const std::lock_guard lock(mutex_);
    flushes_.push_back({pending_.next_number(), absl::OkStatus(), std::move(done)});
  }
  wake_.notify_one();
}

StoreStats StoreThread::stats() const {
  const std::lock_guard lock(mutex_);
  StoreStats stats = published_;
  stats.message_errors += refused_.message_errors;
  stats.cache_dropped += refused_.cache_dropped;
  stats.queued_messages = pending_.messages();
  stats.queued_cache = pending_.cache();
  return stats;
}

void StoreThread::run() {
  while (true) {
    std::unique_lock lock(mutex_);
    wait_for_work(lock);
    const bool cache_due =
        stopping_ || !flushes_.empty() || Clock::now() >= cache_since_ + kCacheDelay;
    Batch batch = pending_.take(kMessagesPerCommit, cache_due ? kCacheRowsPerCommit : 0,
                                kCacheBytesPerCommit);
    const bool last = stopping_ && pending_.empty();
    lock.unlock();

    std::vector<Callback> callbacks;
    work(std::move(batch), callbacks);
    finish_flushes(callbacks);
    if (!callbacks.empty()) {
      post_([callbacks = std::move(callbacks)] {
        for (const Callback& callback : callbacks)
          callback();
      });
    }
    if (last) return;
  }
}

void StoreThread::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto urgent = [this] {
    return stopping_ || pending_.messages() > 0 || pending_.lists() > 0 || !flushes_.empty();
  };
  while (!urgent()) {
    if (pending_.cache() == 0) {
      wake_.wait(lock);
    } else if (wake_.wait_until(lock, cache_since_ + kCacheDelay) == std::cv_status::timeout) {
      break;
    }
  }
  if (pending_.messages() == 0) return;
  wake_.wait_for(lock, kMessageDelay, [this] {
    return stopping_ || !flushes_.empty() || pending_.messages() >= kMessagesPerCommit;
  });
}

void StoreThread::work(Batch batch, std::vector<Callback>& callbacks) {
  const std::lock_guard lock(database_mutex_);
  posting_log_ = true;
  turn_status_ = absl::OkStatus();
  if (!batch.messages.empty()) commit_messages(std::move(batch.messages), callbacks);
  for (PendingList& list : batch.lists) {
    auto messages = identity_->newest(list.limit, worked_);
    callbacks.push_back(
        [done = std::move(list.done), messages = std::move(messages)] { done(messages); });
  }
  if (!batch.cache.empty()) commit_cache(batch.cache);
  for (Callback& line : turn_log_)
    callbacks.push_back(std::move(line));
  turn_log_.clear();
  publish();
}

void StoreThread::publish() {
  const std::lock_guard lock(mutex_);
  published_ = worked_;
}

void StoreThread::commit_messages(std::vector<PendingMessage> messages,
                                  std::vector<Callback>& callbacks) {
  std::vector<MessageRow> rows;
  rows.reserve(messages.size());
  for (PendingMessage& message : messages)
    rows.push_back(std::move(message.row));
  const Status status = identity_->put_messages(rows, worked_);
  note(status, messages_failing_, "messages", turn_log_);
  for (PendingMessage& message : messages) {
    if (!message.done) continue;
    callbacks.push_back([done = std::move(message.done), status] { done(status); });
  }
}

void StoreThread::commit_cache(const std::vector<CacheWrite>& writes) {
  note(cache_->write(writes, worked_), cache_failing_, "paths and known identities", turn_log_);
}

// One sentence per change of state, not per failed write: a full disk fails thousands.
void StoreThread::note(const Status& status, bool& failing, const std::string& what,
                       std::vector<Callback>& callbacks) {
  if (turn_status_.ok()) turn_status_ = status;
  if (status.ok() != failing) return;
  failing = !status.ok();
  const std::string sentence = failing
                                   ? what + " cannot be written: " + std::string(status.message())
                                   : what + " are written again";
  if (log_) callbacks.push_back([log = log_, sentence] { log(sentence); });
}

void StoreThread::finish_flushes(std::vector<Callback>& callbacks) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t oldest = pending_.oldest_number();
  for (Flush& flush : flushes_) {
    if (flush.status.ok()) flush.status = turn_status_;
  }
  while (!flushes_.empty() && flushes_.front().before <= oldest) {
    Flush flush = std::move(flushes_.front());
    flushes_.pop_front();
    if (!flush.done) continue;
    callbacks.push_back([done = std::move(flush.done), status = flush.status] { done(status); });
  }
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options,
                                           std::function<void(std::function<void()>)> post) {
  auto directory = StateDirectory::open(options.directory, StateDirectory::WhenMissing::kCreate);
  if (!directory.ok()) return directory.status();
  auto store = std::make_unique<StoreThread>(options, std::move(post), std::move(*directory));
  if (Status started = store->start(); !started.ok()) return started;
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace mehr::store
