// Sends one resource over a link: advertises, sends the parts the receiver asks for, extends its
// map, waits for the proof, segment after segment. Driven by its owner (transfers.h); reactor
// thread. Source: reticulum-wire §18.
#pragma once

#include <deque>
#include <optional>

#include "controlplane/endpoint/resource_channel.h"
#include "controlplane/endpoint/resource_segment.h"

namespace mehr::endpoint {

class ResourceSender {
 public:
  enum class State : std::uint8_t {
    kAdvertised,
    kTransferring,
    kAwaitingProof,
    kComplete,
    kFailed,
    kRefused,  ///< the receiver refused before it took anything
  };

  /// @param data of any size over zero; kept until the end
  ResourceSender(ResourceChannel& channel, Bytes data, bool compress);

  /// Advertises the first segment.
  void start();
  /// A part request. @param packet_hash to tell repeated ones
  void requested(const wire::ResourceRequest& request, const Hash32& packet_hash);
  void proved(const wire::ResourceProof& proof);
  /// The receiver cancelled or refused.
  void refused();
  /// Tells the receiver and stops.
  void cancel();
  void tick();

  [[nodiscard]] Time next_due() const { return finished() ? Time::max() : deadline_; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool finished() const { return state_ >= State::kComplete; }
  /// Of the segment on its way.
  [[nodiscard]] const Hash32& hash() const { return segment_.hash; }
  /// Sum of all packets so far.
  [[nodiscard]] std::size_t wire_bytes() const { return wire_bytes_; }

 private:
  void prepare();
  void advertise();
  void send_parts(const wire::ResourceRequest& request);
  bool send_map(const wire::MapHash& last_known);
  void await(Duration time) { deadline_ = channel_.now() + time; }

  ResourceChannel& channel_;
  Bytes data_;
  bool compress_;
  std::size_t segment_index_ = 1, segments_;
  Hash32 original_hash_;
  ResourceSegment segment_;

  State state_ = State::kAdvertised;
  Time deadline_{}, advertised_{};
  std::optional<Duration> rtt_;  ///< advertisement to first request
  int retries_ = 0;
  std::size_t search_from_ = 0;  ///< parts before this one are settled
  std::vector<bool> sent_;
  std::size_t sent_count_ = 0;
  std::deque<Hash32> seen_requests_;
  bool anything_requested_ = false;
  std::size_t wire_bytes_ = 0;
};

}  // namespace mehr::endpoint
