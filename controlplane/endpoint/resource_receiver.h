// Receives one segment of a resource over a link: asks for parts window by window, for more of the
// map when it is used up, and puts the data together. Driven by its owner (transfers.h); reactor
// thread. Source: reticulum-wire §18.
#pragma once

#include <optional>
#include <vector>

#include "controlplane/endpoint/resource_channel.h"
#include "controlplane/endpoint/resource_segment.h"

namespace mehr::endpoint {

/// What one transfer taught about the link, for the next one.
struct TransferRate {
  std::size_t window = 0;  ///< 0: nothing yet
  double bits_per_second = 0;
};

class ResourceReceiver {
 public:
  enum class State : std::uint8_t {
    kTransferring,
    kComplete,
    kFailed,   ///< given up or cancelled by the sender
    kCorrupt,  ///< all parts came, but are not what was promised
  };

  /// @param advertisement checked by the owner: sizes, limits, parts == ceil(size / part size)
  /// @param data_limit most bytes of this segment's data
  ResourceReceiver(ResourceChannel& channel, wire::ResourceAdvertisement advertisement,
                   std::size_t data_limit, const TransferRate& rate);

  /// Asks for the first parts.
  void start() { request_next(); }
  /// The advertisement came again: the sender did not see our request.
  void advertised_again();
  void part(ByteView data);
  void map_update(const wire::ResourceMapUpdate& update);
  /// The sender cancelled.
  void cancelled() { state_ = State::kFailed; }
  /// Tells the sender and stops.
  void cancel();
  void tick();

  [[nodiscard]] Time next_due() const;
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const wire::ResourceAdvertisement& advertisement() const { return advertisement_; }
  /// Once kComplete: the data, and the proof of having it.
  [[nodiscard]] Bytes take_data() { return std::move(data_); }
  [[nodiscard]] const Hash32& proof() const { return proof_; }
  [[nodiscard]] TransferRate rate() const { return {window_, rate_}; }
  /// Bytes this transfer may hold at most.
  [[nodiscard]] std::size_t memory() const;
  /// Sum of all packets received for it so far.
  [[nodiscard]] std::size_t wire_bytes() const { return wire_bytes_; }

 private:
  void request_next();
  void round_finished();
  void measure(double bits, Duration time, bool whole_round);
  void assemble();
  [[nodiscard]] Duration patience() const;

  ResourceChannel& channel_;
  wire::ResourceAdvertisement advertisement_;
  std::size_t data_limit_;
  State state_ = State::kTransferring;

  std::vector<std::optional<wire::MapHash>> map_;
  std::size_t map_known_ = 0;
  std::vector<Bytes> parts_;
  std::size_t received_ = 0;
  std::size_t next_missing_ = 0;  ///< everything before it is here
  std::size_t outstanding_ = 0;
  bool awaiting_map_ = false;

  std::size_t window_, window_min_, window_max_;
  int fast_rounds_ = 0, very_slow_rounds_ = 0;
  double rate_;  ///< bits per second
  bool rate_measured_ = false;
  int retries_left_;
  Time last_activity_, requested_;
  bool answered_ = true;  ///< the running request has been
  std::size_t round_bytes_ = 0, wire_bytes_ = 0;

  Bytes data_;
  Hash32 proof_;
};

}  // namespace mehr::endpoint
