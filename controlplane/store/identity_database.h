// identity.db: the node's identity and its messages, the data that must never be lost. Owns the two
// tables and the cap on messages; sealing is sealed_identity.h, rows are rows.h. One thread at a
// time.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/store/database.h"
#include "controlplane/store/sealed_identity.h"
#include "controlplane/store/state_directory.h"
#include "controlplane/store/store.h"

namespace mehr::store {

/// A message ready to be written.
struct MessageRow {
  Hash32 id;
  bool incoming = false;
  bool unfinished = false;  ///< outgoing and queued or sent: kept whatever the cap says
  Bytes row;
};

/// Above either, the oldest finished messages are deleted.
struct MessageLimits {
  std::int64_t messages = 100'000;
  std::int64_t bytes = std::int64_t{1} << 30;
};

class IdentityDatabase {
 public:
  static constexpr const char* kFile = "identity.db";

  /// Opens, checks and, when new, makes it. A damaged file is an error that says what to do.
  static Result<std::unique_ptr<IdentityDatabase>> open(StateDirectory& directory,
                                                        MessageLimits limits = {});

  /// nullopt when there is none yet.
  Result<std::optional<SealedIdentity>> identity();
  /// Durable when it returns.
  Status put_identity(const SealedIdentity& identity);
  /// Leaves nothing of an earlier identity in the write-ahead log.
  Status checkpoint() { return database_->checkpoint(); }

  /// Writes all or none; durable when it returns.
  Status put_messages(std::span<const MessageRow> rows, StoreStats& stats);
  /// Newest first.
  Result<std::vector<endpoint::Message>> newest(std::size_t limit, StoreStats& stats);
  /// Outgoing messages that are neither delivered nor failed, oldest first.
  Result<std::vector<endpoint::Message>> unfinished(StoreStats& stats);

 private:
  IdentityDatabase(std::unique_ptr<Database> database, MessageLimits limits)
      : database_(std::move(database)), limits_(limits) {}
  Status prepare();
  Status count();
  Status put_message(const MessageRow& row);
  Status prune(StoreStats& stats);
  Result<std::vector<endpoint::Message>> read(Statement& statement, StoreStats& stats);

  std::unique_ptr<Database> database_;
  MessageLimits limits_;
  std::int64_t messages_ = 0, bytes_ = 0;
  Statement find_, insert_, update_, oldest_, remove_, newest_, unfinished_;
};

}  // namespace mehr::store
