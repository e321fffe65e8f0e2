// Everything that outlives the process: two SQLite databases (identity.db: identity and messages,
// later money; cache.db: what the network would tell again) and the thread that owns them. Writes
// are queued, committed in groups with fsync (WAL, synchronous FULL) and acknowledged on the
// reactor thread. Source: architecture §7, reliability §5b.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/endpoint/endpoint.h"
#include "controlplane/neighbour/remembered.h"
#include "controlplane/routing/router.h"
#include "core/base/result.h"
#include "core/crypto/identity.h"

namespace mehr::store {

struct StoreOptions {
  std::string directory;   ///< created with mode 0700 when missing
  std::string passphrase;  ///< non-empty: the identity is encrypted (Argon2id, XChaCha20-Poly1305)
  /// Sentences for the operator's log, one per change of state (cache set aside, disk full, writing
  /// again). Called inside open() and load() on their thread, later on the reactor thread. May be
  /// empty.
  std::function<void(const std::string&)> log = {};
};

/// What the store did and could not do since it was opened.
struct StoreStats {
  std::uint64_t messages_written = 0, message_errors = 0;
  std::uint64_t messages_pruned = 0;  ///< oldest finished messages deleted at the cap
  std::uint64_t cache_written = 0, cache_errors = 0;
  std::uint64_t cache_dropped = 0;  ///< cache writes not queued: too large, or the queue was full
  std::uint64_t bad_rows = 0;       ///< rows that did not decode and were skipped
  std::size_t queued_messages = 0, queued_cache = 0;
};

struct Loaded {
  std::vector<routing::PathEntry> paths;
  std::vector<routing::TunnelEntry> tunnels;
  std::vector<std::pair<DestinationHash, PublicIdentity>> identities;
  std::vector<neighbour::RememberedPeer> peers;  ///< linked within 30 days
  std::vector<endpoint::Message> unfinished;     ///< outgoing, queued or sent
  /// The times our own destinations' latest announces bear.
  std::vector<std::pair<DestinationHash, UnixTime>> announced;
};

class Store {
 public:
  /// Opens or creates both databases and checks them. Permission, lock, disk or corruption problems
  /// of identity.db are errors that say what to do; a broken cache.db is set aside and made anew.
  /// `post` runs a task on the reactor thread; it must be callable from any thread.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options,
                                             std::function<void(std::function<void()>)> post);
  virtual ~Store() = default;  ///< commits what is queued, then closes

  // --- before the reactor runs; synchronous ---
  /// The identity; generated and made durable on first use. Wrong passphrase, or a passphrase
  /// missing or superfluous, is an error.
  virtual Result<crypto::PrivateIdentity> identity(Random& random) = 0;
  /// Everything to restore, oldest first. Rows that do not decode are skipped and counted.
  virtual Result<Loaded> load(Time now, UnixTime unix_now) = 0;

  // --- while it runs; asynchronous. `done` (may be empty) is called once durable, or with the
  // error ---
  using Done = std::function<void(const Status&)>;
  virtual void put_path(const routing::PathEntry& entry, Time now, UnixTime unix_now) = 0;
  virtual void remove_path(const DestinationHash& destination) = 0;
  virtual void put_tunnel(const routing::TunnelEntry& tunnel, Time now, UnixTime unix_now) = 0;
  virtual void put_identity(const DestinationHash& destination, const PublicIdentity& identity) = 0;
  /// A neighbour, by identity and transport.
  virtual void put_peer(const neighbour::RememberedPeer& peer, UnixTime unix_now) = 0;
  virtual void remove_peer(const IdentityHash& identity, const std::string& transport) = 0;
  /// A destination of ours announced itself.
  virtual void put_announced(const DestinationHash& destination, UnixTime emitted) = 0;
  /// Inserts or, by id and direction, replaces. Never dropped silently: when 4,096 writes wait or
  /// the message is too large, `done` gets the error.
  virtual void put_message(const endpoint::Message& message, Done done) = 0;
  /// The newest `limit` messages, newest first; at most 10,000.
  virtual void list_messages(std::size_t limit,
                             std::function<void(Result<std::vector<endpoint::Message>>)> done) = 0;
  /// Calls `done` when everything queued before is durable.
  virtual void flush(Done done) = 0;
  [[nodiscard]] virtual StoreStats stats() const { return {}; }  ///< any thread
};

/// Operator's tools, without a running daemon: refuse while the store is open elsewhere.
/// Replaces or creates the identity. @param raw 64-byte private form (as rnid exports it)
Status import_identity(const StoreOptions& options, ByteView raw, bool replace);
Result<crypto::PrivateIdentity> read_identity(const StoreOptions& options);

}  // namespace mehr::store
