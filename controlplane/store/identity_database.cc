// The tables and statements of identity.db.
#include "controlplane/store/identity_database.h"

#include "controlplane/store/rows.h"

namespace mehr::store {
namespace {

constexpr std::int32_t kApplication = 0x4D485249;  // "MHRI"
constexpr int kSchemaVersion = 1;
constexpr std::int64_t kMaxFullCheckBytes = 64 << 20;  // checking more would delay the start
constexpr const char* kSchema = R"(
CREATE TABLE identity(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  encrypted INTEGER NOT NULL, operations INTEGER NOT NULL, memory_bytes INTEGER NOT NULL,
  salt BLOB NOT NULL, nonce BLOB NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE messages(
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL, incoming INTEGER NOT NULL, unfinished INTEGER NOT NULL,
  bytes INTEGER NOT NULL, row BLOB NOT NULL, UNIQUE(id, incoming)) STRICT;
CREATE INDEX messages_unfinished ON messages(n) WHERE unfinished = 1;
)";

Status advise(const Status& status, const std::string& path) {
  if (!absl::IsDataLoss(status)) return status;
  return absl::DataLossError(
      std::string(status.message()) +
      ". The identity and messages are in this file: keep a copy of it, then "
      "put a backup in its place, or move " +
      path + " away to start with a new identity");
}

}  // namespace

Result<std::unique_ptr<IdentityDatabase>> IdentityDatabase::open(StateDirectory& directory,
                                                                 MessageLimits limits) {
  const Result<std::string> path = directory.prepare_file(kFile);
  if (!path.ok()) return path.status();
  // SQLite reads the log beside the file, so its mode matters as much.
  if (directory.has_file(std::string(kFile) + "-wal")) {
    const auto log = directory.prepare_file(std::string(kFile) + "-wal");
    if (!log.ok()) return log.status();
  }
  auto database = Database::open({.path = *path,
                                  .application_id = kApplication,
                                  .schema_version = kSchemaVersion,
                                  .schema = kSchema,
                                  .wipe_deleted = true});
  if (!database.ok()) return advise(database.status(), *path);
  std::unique_ptr<IdentityDatabase> opened(new IdentityDatabase(std::move(*database), limits));
  if (const Status ready = opened->prepare(); !ready.ok()) return advise(ready, *path);
  return opened;
}

Status IdentityDatabase::prepare() {
  const auto bytes =
      database_->number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
  if (!bytes.ok()) return bytes.status();
  if (Status checked = database_->check(*bytes > kMaxFullCheckBytes ? "identity" : nullptr);
      !checked.ok()) {
    return checked;
  }
  struct Wanted {
    Statement* statement;
    const char* sql;
  };
  for (const Wanted& wanted : {
           Wanted{&find_, "SELECT n, bytes FROM messages WHERE id = ?1 AND incoming = ?2"},
           Wanted{&insert_,
                  "INSERT INTO messages(id, incoming, unfinished, bytes, row) "
                  "VALUES(?1, ?2, ?3, ?4, ?5)"},
           Wanted{&update_,
                  "UPDATE messages SET unfinished = ?2, bytes = ?3, row = ?4 WHERE n = ?1"},
           Wanted{&oldest_,
                  "SELECT n, bytes FROM messages WHERE unfinished = 0 ORDER BY n LIMIT 1"},
           Wanted{&remove_, "DELETE FROM messages WHERE n = ?1"},
           Wanted{&newest_, "SELECT row FROM messages ORDER BY n DESC LIMIT ?1"},
           Wanted{&unfinished_, "SELECT row FROM messages WHERE unfinished = 1 ORDER BY n"},
       }) {
    Result<Statement> prepared = database_->prepare(wanted.sql);
    if (!prepared.ok()) return prepared.status();
    *wanted.statement = std::move(*prepared);
  }
  return count();
}

Status IdentityDatabase::count() {
  const auto messages = database_->number("SELECT count(*) FROM messages");
  if (!messages.ok()) return messages.status();
  const auto bytes = database_->number("SELECT coalesce(sum(bytes), 0) FROM messages");
  if (!bytes.ok()) return bytes.status();
  messages_ = *messages;
  bytes_ = *bytes;
  return absl::OkStatus();
}

Result<std::optional<SealedIdentity>> IdentityDatabase::identity() {
  Result<Statement> select = database_->prepare(
      "SELECT encrypted, operations, memory_bytes, salt, nonce, body, hash FROM identity");
  if (!select.ok()) return select.status();
  const Result<bool> row = select->step();
  if (!row.ok()) return row.status();
  if (!*row) return std::optional<SealedIdentity>();
  SealedIdentity sealed;
  sealed.encrypted = select->integer(0) != 0;
  sealed.operations = select->integer(1);
  sealed.memory_bytes = select->integer(2);
  sealed.salt = to_bytes(select->blob(3));
  sealed.nonce = to_bytes(select->blob(4));
  sealed.body = to_bytes(select->blob(5));
  sealed.hash = to_bytes(select->blob(6));
  return std::optional<SealedIdentity>(std::move(sealed));
}

Status IdentityDatabase::put_identity(const SealedIdentity& identity) {
  return database_->transaction([&]() -> Status {
    Result<Statement> insert = database_->prepare(
        "INSERT OR REPLACE INTO identity(id, encrypted, operations, memory_bytes, salt, nonce, "
        "body, "
        "hash) VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    if (!insert.ok()) return insert.status();
    insert->bind(1, std::int64_t{identity.encrypted ? 1 : 0}).bind(2, identity.operations);
    insert->bind(3, identity.memory_bytes).bind(4, identity.salt).bind(5, identity.nonce);
    return insert->bind(6, identity.body).bind(7, identity.hash).run();
  });
}

Status IdentityDatabase::put_messages(std::span<const MessageRow> rows, StoreStats& stats) {
  const std::int64_t messages = messages_, bytes = bytes_;
  const std::uint64_t pruned = stats.messages_pruned;
  const Status status = database_->transaction([&]() -> Status {
    for (const MessageRow& row : rows) {
      if (Status put = put_message(row); !put.ok()) return put;
    }
    return prune(stats);
  });
  if (!status.ok()) {
    messages_ = messages;
    bytes_ = bytes;
    stats.messages_pruned = pruned;
    stats.message_errors += rows.size();
  } else {
    stats.messages_written += rows.size();
  }
  return status;
}

Status IdentityDatabase::put_message(const MessageRow& row) {
  const auto size = static_cast<std::int64_t>(row.row.size());
  const std::int64_t incoming = row.incoming ? 1 : 0, unfinished = row.unfinished ? 1 : 0;
  const Result<bool> found = find_.bind(1, row.id.view()).bind(2, incoming).step();
  if (!found.ok()) {
    find_.reset();
    return found.status();
  }
  const std::int64_t number = find_.integer(0), old_size = find_.integer(1);
  find_.reset();
  if (*found) {
    bytes_ += size - old_size;
    return update_.bind(1, number).bind(2, unfinished).bind(3, size).bind(4, row.row).run();
  }
  ++messages_;
  bytes_ += size;
  insert_.bind(1, row.id.view()).bind(2, incoming).bind(3, unfinished);
  return insert_.bind(4, size).bind(5, row.row).run();
}

Status IdentityDatabase::prune(StoreStats& stats) {
  while (messages_ > limits_.messages || bytes_ > limits_.bytes) {
    const Result<bool> found = oldest_.step();
    const std::int64_t number = found.ok() && *found ? oldest_.integer(0) : 0;
    const std::int64_t size = found.ok() && *found ? oldest_.integer(1) : 0;
    oldest_.reset();
    if (!found.ok()) return found.status();
    if (!*found) return absl::OkStatus();  // only unfinished ones left, and those are bounded
    if (Status removed = remove_.bind(1, number).run(); !removed.ok()) return removed;
    --messages_;
    bytes_ -= size;
    ++stats.messages_pruned;
  }
  return absl::OkStatus();
}

Result<std::vector<endpoint::Message>> IdentityDatabase::read(Statement& statement,
                                                              StoreStats& stats) {
  std::vector<endpoint::Message> messages;
  while (true) {
    const Result<bool> row = statement.step();
    if (!row.ok() || !*row) {
      statement.reset();
      if (!row.ok()) return row.status();
      return messages;
    }
    if (auto message = decode_message(statement.blob(0))) {
      messages.push_back(std::move(*message));
    } else {
      ++stats.bad_rows;
    }
  }
}

Result<std::vector<endpoint::Message>> IdentityDatabase::newest(std::size_t limit,
                                                                StoreStats& stats) {
  newest_.bind(1, static_cast<std::int64_t>(limit));
  return read(newest_, stats);
}

Result<std::vector<endpoint::Message>> IdentityDatabase::unfinished(StoreStats& stats) {
  return read(unfinished_, stats);
}

}  // namespace mehr::store
