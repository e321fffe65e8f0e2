// The tables and statements of cache.db, and starting over when the file is damaged.
#include "controlplane/store/cache_database.h"

#include <vector>

#include "core/crypto/hash.h"

namespace mehr::store {
namespace {

constexpr std::int32_t kApplication = 0x4D485243;  // "MHRC"
constexpr int kSchemaVersion = 1;
constexpr std::uint64_t kPruneEvery =
    10'000;  // rows written; a table exceeds its cap by at most that
constexpr std::array<const char*, kCacheTables> kNames{"paths", "tunnels",   "identities",
                                                       "peers", "announced", "strangers"};
// A replaced row gets a new n, so n orders rows by when they were last written.
constexpr const char* kSchema = R"(
CREATE TABLE paths(n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, row BLOB NOT NULL) STRICT;
CREATE TABLE tunnels(n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, row BLOB NOT NULL) STRICT;
CREATE TABLE identities(n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, row BLOB NOT NULL) STRICT;
)";

// Came later than the others; made where it is missing, so that a file of before stays in use.
constexpr std::array kLaterSchemas{
    "CREATE TABLE IF NOT EXISTS "
    "peers(n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, row BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS "
    "announced(n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, row BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS "
    "strangers(n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, row BLOB NOT NULL) STRICT"};

bool decode_row(CacheTable table, ByteView key, ByteView row, const ClockPair& clocks,
                Loaded& loaded) {
  if (table == CacheTable::kTunnels) {
    const auto id = Hash32::from(key);
    auto tunnel =
        id && key.size() == Hash32::kSize ? decode_tunnel(*id, row, clocks) : std::nullopt;
    if (tunnel) loaded.tunnels.push_back(std::move(*tunnel));
    return tunnel.has_value();
  }
  if (table == CacheTable::kPeers || table == CacheTable::kStrangers) {
    auto peer = decode_peer(key, row);
    if (peer && clocks.unix_now - peer->last_linked < kPeerLifetime) {
      peer->peer.stranger = table == CacheTable::kStrangers;
      loaded.peers.push_back(std::move(peer->peer));
    }
    return peer.has_value();
  }
  const auto destination = DestinationHash::from(key);
  if (!destination || key.size() != DestinationHash::kSize) return false;
  if (table == CacheTable::kPaths) {
    auto path = decode_path(*destination, row, clocks);
    if (path) loaded.paths.push_back(std::move(*path));
    return path.has_value();
  }
  if (table == CacheTable::kAnnounced) {
    const auto emitted = decode_announced(row);
    if (emitted) loaded.announced.emplace_back(*destination, *emitted);
    return emitted.has_value();
  }
  const auto identity = PublicIdentity::from(row);
  if (!identity || row.size() != PublicIdentity::kSize) return false;
  loaded.identities.emplace_back(*destination, *identity);
  return true;
}

constexpr std::size_t kChecksum = 8;

Hash32 digest(CacheTable table, ByteView key, ByteView row) {
  const std::uint8_t number = static_cast<std::uint8_t>(table);
  return crypto::sha256(concat({ByteView(&number, 1), key, row}));
}

}  // namespace

Bytes seal_cache_row(const CacheWrite& write) {
  Bytes out = *write.row;
  append(out, digest(write.table, write.key, *write.row).view().first(kChecksum));
  return out;
}

bool open_cache_row(CacheTable table, ByteView key, ByteView stored, const ClockPair& clocks,
                    Loaded& loaded) {
  if (stored.size() < kChecksum) return false;
  const ByteView row = stored.first(stored.size() - kChecksum);
  const Hash32 sum = digest(table, key, row);
  if (!equal_constant_time(sum.view().first(kChecksum), stored.last(kChecksum))) return false;
  return decode_row(table, key, row, clocks, loaded);
}

Result<std::unique_ptr<CacheDatabase>> CacheDatabase::open(StateDirectory& directory, Log log,
                                                           CacheLimits limits) {
  std::unique_ptr<CacheDatabase> cache(new CacheDatabase(directory, std::move(log), limits));
  Status status = cache->open_file();
  if (absl::IsDataLoss(status) || absl::IsUnimplemented(status)) status = cache->start_over(status);
  if (!status.ok()) return status;
  return cache;
}

Status CacheDatabase::open_file() {
  const Result<std::string> path = directory_.prepare_file(kFile);
  if (!path.ok()) return path.status();
  auto database = Database::open({.path = *path,
                                  .application_id = kApplication,
                                  .schema_version = kSchemaVersion,
                                  .schema = kSchema});
  if (!database.ok()) return database.status();
  database_ = std::move(*database);
  if (Status checked = database_->check(); !checked.ok()) return checked;
  return prepare();
}

Status CacheDatabase::prepare() {
  for (const char* schema : kLaterSchemas) {
    auto table = database_->prepare(schema);
    if (!table.ok()) return table.status();
    if (Status made = table->run(); !made.ok()) return made;
  }
  for (std::size_t i = 0; i < kCacheTables; ++i) {
    const std::string name = kNames[i];
    struct Wanted {
      Statement* statement;
      std::string sql;
    };
    // An unchanged row is not written again: most announces confirm what is known.
    for (const Wanted& wanted : {
             Wanted{&tables_[i].put,
                    "INSERT OR REPLACE INTO " + name +
                        "(key, row) SELECT ?1, ?2 WHERE NOT EXISTS(SELECT 1 FROM " + name +
                        " WHERE key = ?1 AND row = ?2)"},
             Wanted{&tables_[i].remove, "DELETE FROM " + name + " WHERE key = ?1"},
             Wanted{&tables_[i].select, "SELECT n, key, row FROM " + name + " ORDER BY n"},
             Wanted{&tables_[i].remove_row, "DELETE FROM " + name + " WHERE n = ?1"},
             Wanted{&tables_[i].prune, "DELETE FROM " + name + " WHERE n <= (SELECT n FROM " +
                                           name + " ORDER BY n DESC LIMIT 1 OFFSET ?1)"},
         }) {
      Result<Statement> prepared = database_->prepare(wanted.sql.c_str());
      if (!prepared.ok()) return prepared.status();
      *wanted.statement = std::move(*prepared);
    }
  }
  return prune();
}

Status CacheDatabase::start_over(const Status& why) {
  tables_ = {};
  database_.reset();
  const Result<std::string> aside = directory_.set_aside(kFile);
  if (!aside.ok()) return aside.status();
  if (log_) {
    log_(std::string(why.message()) + ". It was renamed to " + *aside +
         " and an empty one made; paths will be learned again");
  }
  return open_file();
}

Status CacheDatabase::write(std::span<const CacheWrite> writes, StoreStats& stats) {
  Status status = database_ == nullptr ? open_file() : absl::OkStatus();
  if (status.ok()) status = write_once(writes);
  if (absl::IsDataLoss(status)) {
    status = start_over(status);
    if (status.ok()) status = write_once(writes);
  }
  (status.ok() ? stats.cache_written : stats.cache_errors) += writes.size();
  return status;
}

Status CacheDatabase::write_once(std::span<const CacheWrite> writes) {
  const Status status = database_->transaction([&]() -> Status {
    for (const CacheWrite& write : writes) {
      Statements& table = tables_[static_cast<std::size_t>(write.table)];
      const Bytes row = write.row ? seal_cache_row(write) : Bytes();
      const Status done = write.row ? table.put.bind(1, write.key).bind(2, row).run()
                                    : table.remove.bind(1, write.key).run();
      if (!done.ok()) return done;
    }
    return absl::OkStatus();
  });
  writes_since_prune_ += writes.size();
  if (!status.ok() || writes_since_prune_ < kPruneEvery) return status;
  return prune();
}

Status CacheDatabase::prune() {
  writes_since_prune_ = 0;
  return database_->transaction([&]() -> Status {
    for (std::size_t i = 0; i < kCacheTables; ++i) {
      if (Status done = tables_[i].prune.bind(1, limits_.rows[i]).run(); !done.ok()) return done;
    }
    return absl::OkStatus();
  });
}

Status CacheDatabase::load(const ClockPair& clocks, Loaded& loaded, StoreStats& stats) {
  Status status = load_once(clocks, loaded, stats);
  if (absl::IsDataLoss(status)) {
    loaded.paths.clear();
    loaded.tunnels.clear();
    loaded.identities.clear();
    loaded.peers.clear();
    loaded.announced.clear();
    status = start_over(status);
  }
  return status;
}

Status CacheDatabase::load_once(const ClockPair& clocks, Loaded& loaded, StoreStats& stats) {
  for (const CacheTable table :
       {CacheTable::kPaths, CacheTable::kTunnels, CacheTable::kIdentities, CacheTable::kStrangers,
        CacheTable::kPeers, CacheTable::kAnnounced}) {
    if (Status status = load_table(table, clocks, loaded, stats); !status.ok()) return status;
  }
  return absl::OkStatus();
}

Status CacheDatabase::load_table(CacheTable table, const ClockPair& clocks, Loaded& loaded,
                                 StoreStats& stats) {
  Statements& statements = tables_[static_cast<std::size_t>(table)];
  std::vector<std::int64_t> bad;
  Result<bool> row = statements.select.step();
  for (; row.ok() && *row; row = statements.select.step()) {
    const ByteView key = statements.select.blob(1), value = statements.select.blob(2);
    if (!open_cache_row(table, key, value, clocks, loaded))
      bad.push_back(statements.select.integer(0));
  }
  statements.select.reset();
  if (!row.ok()) return row.status();
  stats.bad_rows += bad.size();
  if (bad.empty()) return absl::OkStatus();
  return database_->transaction([&]() -> Status {
    for (const std::int64_t number : bad) {
      if (Status done = statements.remove_row.bind(1, number).run(); !done.ok()) return done;
    }
    return absl::OkStatus();
  });
}

}  // namespace mehr::store
