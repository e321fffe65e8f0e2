// One SQLite database opened the only way this program opens one: WAL, full sync, exclusive, no
// memory map, strict schema with a version. Owns the handle, its statements and how SQLite's errors
// read. Knows no table. Used by one thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace mehr::store {

/// A prepared statement. Bind, step until false, reset.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, sqlite3_stmt* statement);

  /// @param index from 1. The bytes must live until reset().
  Statement& bind(int index, ByteView value);
  Statement& bind(int index, std::int64_t value);
  /// @return whether there is a row
  Result<bool> step();
  /// Steps a statement without rows to its end and resets it.
  Status run();
  void reset();

  /// @param column from 0. Zero or empty when the value has another type. A blob's
  /// bytes live until the next step() or reset().
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] ByteView blob(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_error_ = SQLITE_OK;
};

struct DatabaseOptions {
  std::string path;                 ///< an existing file, empty or a database of ours
  std::int32_t application_id = 0;  ///< says whose file it is
  int schema_version = 1;
  const char* schema = "";    ///< SQL that makes an empty file into version 1
  bool wipe_deleted = false;  ///< secure_delete: deleted rows are overwritten
};

/// Errors: DataLoss = damaged or not a database of ours; Unimplemented = made by a newer version;
/// FailedPrecondition = open elsewhere; ResourceExhausted = disk full; Internal = anything else.
/// Texts begin with the path.
class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);

  Status run(const char* sql);
  Result<Statement> prepare(const char* sql);
  /// The number a pragma or query gives.
  Result<std::int64_t> number(const char* sql);
  /// Runs `work` between BEGIN IMMEDIATE and COMMIT; rolls back when it fails.
  template <typename Work>
  Status transaction(Work work) {
    if (Status begun = run("BEGIN IMMEDIATE"); !begun.ok()) return begun;
    Status status = work();
    if (status.ok()) status = run("COMMIT");
    if (!status.ok()) roll_back();
    return status;
  }
  /// quick_check of everything or of one table; DataLoss when it finds fault.
  Status check(const char* table = nullptr);
  /// Moves the write-ahead log into the database and empties it.
  Status checkpoint() { return run("PRAGMA wal_checkpoint(TRUNCATE)"); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  explicit Database(sqlite3* database) : database_(database) {}
  Status apply_pragmas(bool wipe_deleted);
  Status apply_schema(const DatabaseOptions& options);
  void roll_back();

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace mehr::store
