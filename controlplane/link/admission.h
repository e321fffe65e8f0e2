// Who may become a neighbour, and how many strangers may try. Pure; reactor thread.
// Source: issue text "list, trust set, or any with limits"; reliability O3, O5.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::link {

struct PeerPolicy {
  bool any = false;  ///< welcome unknown identities, up to `any_limit` at once
  std::size_t any_limit = 64;
  absl::flat_hash_set<IdentityHash> listed;  ///< welcome always
};

/// A token bucket per source prefix (/24, /64), so that one network cannot use up the handshakes of
/// all. A fixed table; a source whose slot is taken by another shares its bucket.
class SourceLimiter {
 public:
  static constexpr std::size_t kSlots = 4'096;
  static constexpr double kRatePerSecond = 5;
  static constexpr double kBurst = 5;

  explicit SourceLimiter(std::uint64_t seed) : seed_(seed) {}
  /// Takes a token for `address` ("192.0.2.1:4343", "[2001:db8::1]:4343", anything else is a source
  /// of its own). False: over its rate.
  bool allow(std::string_view address, Time now);
  /// "192.0.2", "2001:db8:0:0" or the address itself.
  static std::string prefix(std::string_view address);

 private:
  struct Bucket {
    double tokens = kBurst;
    Time filled;
  };
  std::uint64_t seed_;
  std::vector<Bucket> buckets_ = std::vector<Bucket>(kSlots);
};

}  // namespace mehr::link
