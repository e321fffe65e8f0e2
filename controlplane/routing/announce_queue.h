// The announce cap of one interface: relayed announces may take only a share of its bit rate, the
// rest wait here. Owns the queue and the moment the next may leave; sending is the router's.
//
// Unlike the reference, the cap holds in every mode (on a slow radio it is needed most in the modes
// the reference forgets), and a newer emission replaces the queued bytes of its own destination.
// Bound: RouterLimits::queued_announces; a full queue refuses newcomers. Source: reticulum-wire §9.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "controlplane/routing/deadlines.h"
#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::routing {

/// A finished packet that several queues share.
using SharedPacket = std::shared_ptr<const Bytes>;

class AnnounceQueue {
 public:
  enum class Offer { kSendNow, kQueued, kReplaced, kAlreadyQueued, kFull };

  AnnounceQueue(std::size_t capacity, std::uint64_t bitrate_bps, double cap)
      : capacity_(capacity), bitrate_bps_(bitrate_bps), cap_(cap) {}

  /// @param bitrate_bps 0 = not known yet: everything waits
  void set_rate(std::uint64_t bitrate_bps, double cap);

  /// @param emitted emission time of the announce; @param hops as sent
  Offer offer(const DestinationHash& destination, const SharedPacket& packet, std::uint8_t hops,
              std::uint64_t emitted, Time now);
  /// The next packet to send, if one is due; entries over 24 h old are dropped on the way.
  SharedPacket take(Time now);
  /// When take() next yields; kNever with an empty queue or an unknown bit rate.
  [[nodiscard]] Time next_due() const;
  /// Charges a recursive path request of `size` bytes; false when announces have the turn.
  bool charge_request(std::size_t size, Time now);
  [[nodiscard]] std::size_t size() const { return queue_.size(); }

 private:
  struct Order {
    std::uint8_t hops;
    Time queued;
    std::uint64_t sequence;
    auto operator<=>(const Order&) const = default;
  };
  struct Queued {
    DestinationHash destination;
    std::uint64_t emitted;
    SharedPacket packet;
  };

  [[nodiscard]] Duration share_of(std::size_t bytes) const;

  std::size_t capacity_;
  std::uint64_t bitrate_bps_;
  double cap_;
  Time allowed_at_ = Time::min();
  std::uint64_t sequence_ = 0;
  absl::btree_map<Order, Queued> queue_;
  absl::flat_hash_map<DestinationHash, Order> index_;
};

}  // namespace mehr::routing
