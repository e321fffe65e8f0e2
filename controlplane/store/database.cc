// SQLite as database.h describes it.
#include "controlplane/store/database.h"

namespace mehr::store {
namespace {

constexpr int kMaxValueBytes = 32 << 20;  // no row of ours is longer
constexpr std::int64_t kMaxWalBytes = 16 << 20;

// What SQLite says, as an error of the kind database.h lists.
Status database_error(sqlite3* database, int code) {
  const char* path = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  std::string text = path == nullptr ? "database" : path;
  text += ": ";
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(text + sqlite3_errstr(code));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::FailedPreconditionError(text + "open in another program; close it first");
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(text + "the disk is full");
    default:
      // The message names SQL and columns, never bound values.
      return absl::InternalError(text + sqlite3_errstr(code) + " (" + std::to_string(code) + ", " +
                                 (database == nullptr ? "" : sqlite3_errmsg(database)) + ")");
  }
}

}  // namespace

Statement::Statement(sqlite3* database, sqlite3_stmt* statement)
    : database_(database), statement_(statement) {}

Statement& Statement::bind(int index, ByteView value) {
  // A null pointer would bind NULL instead of an empty blob.
  static const std::uint8_t kNothing = 0;
  const void* data = value.empty() ? &kNothing : value.data();
  const int code = sqlite3_bind_blob64(statement_.get(), index, data, value.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::bind(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), index, value);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) return database_error(database_, bind_error_);
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_error(database_, code);
}

Status Statement::run() {
  const Result<bool> stepped = step();
  reset();
  return stepped.status();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bind_error_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER) return 0;
  return sqlite3_column_int64(statement_.get(), column);
}

ByteView Statement::blob(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_BLOB) return {};
  const auto* data =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr || size <= 0) return {};
  return {data, static_cast<std::size_t>(size)};
}

std::string Statement::text(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_TEXT) return {};
  const void* data = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr || size <= 0) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(
      options.path.c_str(), &raw,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<Database> database(new Database(raw));
  if (code != SQLITE_OK) return database_error(raw, code);
  if (Status status = database->apply_pragmas(options.wipe_deleted); !status.ok()) return status;
  if (Status status = database->apply_schema(options); !status.ok()) return status;
  return database;
}

Status Database::apply_pragmas(bool wipe_deleted) {
  sqlite3* raw = database_.get();
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  // The order matters: exclusive before WAL, so that no shared-memory file is ever made.
  const std::string settings =
      "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
      "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
      "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=" +
      std::to_string(kMaxWalBytes) + ";PRAGMA secure_delete=" + (wipe_deleted ? "ON" : "OFF");
  if (Status status = run(settings.c_str()); !status.ok()) return status;

  // A pragma that is not understood is silently ignored, so each is read back.
  struct Expected {
    const char* sql;
    std::int64_t value;
  };
  for (const Expected& expected :
       {Expected{"PRAGMA synchronous", 2},
        {"PRAGMA foreign_keys", 1},
        {"PRAGMA trusted_schema", 0},
        {"PRAGMA cell_size_check", 1},
        {"PRAGMA mmap_size", 0},
        {"SELECT journal_mode = 'wal' FROM pragma_journal_mode", 1},
        {"SELECT locking_mode = 'exclusive' FROM pragma_locking_mode", 1},
        {"PRAGMA secure_delete", wipe_deleted ? 1 : 0}}) {
    const Result<std::int64_t> value = number(expected.sql);
    if (!value.ok()) {
      // A build without memory mapping answers the pragma with nothing.
      if (absl::IsNotFound(value.status())) continue;
      return value.status();
    }
    if (*value != expected.value) {
      return absl::InternalError(std::string(sqlite3_db_filename(raw, "main")) +
                                 ": this SQLite does not obey: " + expected.sql + " gives " +
                                 std::to_string(*value));
    }
  }
  return absl::OkStatus();
}

Status Database::apply_schema(const DatabaseOptions& options) {
  const Result<std::int64_t> version = number("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const Result<std::int64_t> owner = number("PRAGMA application_id");
  if (!owner.ok()) return owner.status();
  const Result<std::int64_t> objects = number("SELECT count(*) FROM sqlite_schema");
  if (!objects.ok()) return objects.status();
  if (*version == 0 && *owner == 0 && *objects == 0) {
    return transaction([&] {
      const std::string marks = "PRAGMA application_id=" + std::to_string(options.application_id) +
                                ";PRAGMA user_version=" + std::to_string(options.schema_version);
      if (Status status = run(options.schema); !status.ok()) return status;
      return run(marks.c_str());
    });
  }
  if (*owner != options.application_id) {
    return absl::DataLossError(options.path + ": not a database of this program");
  }
  if (*version > options.schema_version) {
    return absl::UnimplementedError(options.path +
                                    ": written by a newer version of this program (schema " +
                                    std::to_string(*version) + ", this one knows " +
                                    std::to_string(options.schema_version) + "); run that version");
  }
  if (*version < options.schema_version) {
    return absl::DataLossError(options.path + ": unknown schema version " +
                               std::to_string(*version));
  }
  return absl::OkStatus();
}

Status Database::run(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : database_error(database_.get(), code);
}

Result<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr);
  if (code != SQLITE_OK) return database_error(database_.get(), code);
  return Statement(database_.get(), statement);
}

Result<std::int64_t> Database::number(const char* sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement.ok()) return statement.status();
  const Result<bool> row = statement->step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError("no answer");
  return statement->integer(0);
}

Status Database::check(const char* table) {
  const std::string sql =
      table == nullptr ? "PRAGMA quick_check(1)" : "PRAGMA quick_check(" + std::string(table) + ")";
  Result<Statement> statement = prepare(sql.c_str());
  if (!statement.ok()) return statement.status();
  const Result<bool> row = statement->step();
  if (!row.ok()) return row.status();
  const std::string verdict = *row ? statement->text(0) : "";
  if (verdict == "ok") return absl::OkStatus();
  return absl::DataLossError(std::string(sqlite3_db_filename(database_.get(), "main")) +
                             ": damaged: " + verdict);
}

void Database::roll_back() {
  // SQLite has already rolled back after a full disk; saying so again is an error of no interest.
  if (sqlite3_get_autocommit(database_.get()) == 0) {
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace mehr::store
