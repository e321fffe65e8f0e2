// cache.db: paths, tunnels, known identities, neighbours and when we announced ourselves last,
// which the network would tell again. Owns the tables, all of the same shape (key, row), and their
// caps; rows are rows.h. A damaged file is set aside and made anew. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "controlplane/store/database.h"
#include "controlplane/store/rows.h"
#include "controlplane/store/state_directory.h"
#include "controlplane/store/store.h"

namespace mehr::store {

enum class CacheTable : std::uint8_t {
  kPaths,
  kTunnels,
  kIdentities,
  kPeers,
  kAnnounced,
  kStrangers
};
inline constexpr std::size_t kCacheTables = 6;

/// One pending change of one row.
struct CacheWrite {
  CacheTable table = CacheTable::kPaths;
  Bytes key;                 ///< 16 bytes, tunnels 32, peers kPeerKey
  std::optional<Bytes> row;  ///< nullopt = remove
};

/// What is stored for a write that is no removal: the row, and 8 bytes of a SHA-256 over table, key
/// and row behind it. SQLite has no checksums, and a flipped bit in a remembered key would make a
/// destination unreachable for good.
Bytes seal_cache_row(const CacheWrite& write);
/// Adds a stored row to `loaded`. @return false when it is damaged or does not decode
bool open_cache_row(CacheTable table, ByteView key, ByteView stored, const ClockPair& clocks,
                    Loaded& loaded);

/// Rows kept per table, in the order of CacheTable; beyond them those written longest ago go. At
/// least what the router keeps (RouterLimits), since a removal may be lost when the queue
/// overflows. Neighbours that were welcome only because anybody is have a table of their own, so
/// that they push out one another and never one the operator named.
struct CacheLimits {
  std::array<std::int64_t, kCacheTables> rows{1'000'000, 1'024, 200'000, 768, 64, 256};
};

class CacheDatabase {
 public:
  static constexpr const char* kFile = "cache.db";
  using Log = std::function<void(const std::string&)>;

  /// `log` (may be empty) hears when a file was set aside. Errors only when that fails too.
  static Result<std::unique_ptr<CacheDatabase>> open(StateDirectory& directory, Log log,
                                                     CacheLimits limits = {});

  /// Writes all or none; durable when it returns. A file found damaged is set aside and the rows go
  /// into the new one.
  Status write(std::span<const CacheWrite> writes, StoreStats& stats);
  /// Adds what it holds to `loaded`, oldest first; deletes rows that do not decode.
  Status load(const ClockPair& clocks, Loaded& loaded, StoreStats& stats);

 private:
  CacheDatabase(StateDirectory& directory, Log log, CacheLimits limits)
      : directory_(directory), log_(std::move(log)), limits_(limits) {}
  Status open_file();
  Status prepare();
  /// After DataLoss or a newer version: a new, empty file.
  Status start_over(const Status& why);
  Status write_once(std::span<const CacheWrite> writes);
  Status load_once(const ClockPair& clocks, Loaded& loaded, StoreStats& stats);
  Status load_table(CacheTable table, const ClockPair& clocks, Loaded& loaded, StoreStats& stats);
  Status prune();

  struct Statements {
    Statement put, remove, select, remove_row, prune;
  };

  StateDirectory& directory_;
  Log log_;
  CacheLimits limits_;
  std::unique_ptr<Database> database_;  ///< before the statements, which must go first
  std::array<Statements, kCacheTables> tables_;
  std::uint64_t writes_since_prune_ = 0;
};

}  // namespace mehr::store
