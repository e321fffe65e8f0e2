// The memory behind path requests: tags already answered, discoveries on behalf of others, requests
// of our own, and the queue of automatic ones. Owns these tables; what a request means and who is
// asked is the router's (request_inbound.cc).
//
// Bounds: RouterLimits::path_request_tags, oldest forgotten; RouterLimits::pending_discoveries,
// shared fairly by requesting interface; as many own requests, newcomers wait for the 120 s of
// older ones; 32 automatic requests, newcomers dropped. Source: reticulum-wire §7, §10.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <deque>
#include <optional>

#include "controlplane/routing/deadlines.h"
#include "controlplane/routing/fair_table.h"
#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::routing {

struct AutomaticRequest {
  DestinationHash destination;
  std::optional<InterfaceId> except;  ///< not asked there: the failed link came from it
};

class PathRequests {
 public:
  PathRequests(std::size_t tags, std::size_t pending)
      : tag_capacity_(tags), own_capacity_(pending), discoveries_(pending) {}

  /// Remembers destination and tag. @param tag 1..16 bytes @return false when seen before
  bool first_seen(const DestinationHash& destination, ByteView tag);

  /// A request for an unknown path is being passed on. @return false when the table has no room
  bool start_discovery(const DestinationHash& destination, InterfaceId requestor, Time now);
  [[nodiscard]] bool discovering(const DestinationHash& destination) const {
    return discoveries_.find(destination) != nullptr;
  }
  /// Ends the discovery; who asked, if somebody did.
  std::optional<InterfaceId> finish_discovery(const DestinationHash& destination);

  /// Whether the last request of ours for it is less than 20 s old.
  [[nodiscard]] bool throttled(const DestinationHash& destination, Time now) const;
  /// Remembers that we asked. @return false when the table is full and it is new
  bool asked(const DestinationHash& destination, Time now);
  /// Whether we asked for it lately, for ourselves or for others: its announce is not held back.
  [[nodiscard]] bool awaited(const DestinationHash& destination) const {
    return own_.contains(destination) || discovering(destination);
  }

  /// Queues a request to leave half a second after the one before. @return false when full
  bool queue_automatic(const AutomaticRequest& request, Time now);
  std::optional<AutomaticRequest> take_automatic(Time now);
  [[nodiscard]] Time automatic_due() const { return automatic_.empty() ? kNever : automatic_at_; }

  void forget_interface(InterfaceId interface);
  void expire(Time now);
  [[nodiscard]] Time next_due() const { return std::min(own_ends_.next(), discovery_ends_.next()); }
  /// Tags, discoveries and own requests together.
  [[nodiscard]] std::size_t size() const {
    return tags_.size() + discoveries_.size() + own_.size();
  }

 private:
  using Tag = FixedBytes<33>;  ///< destination, tag padded to 16, length of the tag

  std::size_t tag_capacity_;
  std::size_t own_capacity_;
  absl::flat_hash_set<Tag> tags_;
  std::deque<Tag> tag_order_;
  struct Discovery {
    InterfaceId requestor;
    Time ends;
  };
  FairTable<DestinationHash, Discovery> discoveries_;
  Deadlines<DestinationHash> discovery_ends_;
  absl::flat_hash_map<DestinationHash, Time> own_;
  Deadlines<DestinationHash> own_ends_;
  std::deque<AutomaticRequest> automatic_;
  Time automatic_at_{};
};

}  // namespace mehr::routing
