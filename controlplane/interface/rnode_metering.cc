// How fast packets go to the radio. Its own queue (6,144 bytes, 200 packets) drops without a word,
// so the host reckons by airtime what the radio still holds and keeps that far below: what waits
// here can be counted and reported. READY is not waited for; firmware sends it only when asked.
#include <algorithm>

#include "controlplane/interface/rnode_host.h"

namespace mehr::interface {
namespace {

/// Kept here when the radio is busy; the newest beyond is refused.
constexpr std::size_t kQueuePackets = 64, kQueueBytes = 8192;
/// Reckoned to be in the radio at any time: three packets of full size, so the channel never idles
/// between ours, with four times as much room left for reckoning wrongly.
constexpr std::size_t kInRadioBytes = 3 * wire::kRnodeMtu, kInRadioPackets = 24;
/// Firmware sends its whole queue after one contention up to this rate, above one packet each.
constexpr double kFastBitrate = 14'000;
/// A report of the airtime limit being reached counts this long; radios repeat it every few
/// seconds.
constexpr Duration kReportLife = 20s;

}  // namespace

bool RnodeHost::send(ByteView frame, Time now) {
  if (phase_ != Phase::kOnline || frame.empty() || frame.size() > wire::kRnodeMtu) return false;
  if (queue_.size() >= kQueuePackets || queued_bytes_ + frame.size() > kQueueBytes) return false;
  queue_.push_back(to_bytes(frame));
  queued_bytes_ += frame.size();
  pump(now);
  return true;
}

void RnodeHost::pump(Time now) {
  while (!queue_.empty() && phase_ == Phase::kOnline && may_send(queue_.front().size(), now)) {
    const Bytes packet = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= packet.size();
    ready_ = false;
    account(packet.size(), now);
    ++frames_written_;
    write(wire::rnode_data(packet), now);
  }
}

bool RnodeHost::may_send(std::size_t bytes, Time now) {
  if (options_.flow_control) return ready_;
  while (!in_radio_.empty() && in_radio_.front().done <= now) {
    in_radio_bytes_ -= in_radio_.front().bytes;
    in_radio_.pop_front();
  }
  if (now < hold_until_) return false;
  if (in_radio_.empty()) return !airtime_locked(now);
  return in_radio_bytes_ + bytes <= kInRadioBytes && in_radio_.size() < kInRadioPackets &&
         !airtime_locked(now);
}

std::optional<Time> RnodeHost::next_pump() const {
  if (queue_.empty() || options_.flow_control) return std::nullopt;
  Time when = hold_until_;
  if (!in_radio_.empty()) when = std::max(when, in_radio_.front().done);
  if (airtime_locked(when)) when = channel_reported_ + kReportLife;
  return when;
}

void RnodeHost::account(std::size_t bytes, Time now) {
  const Duration airtime = wire::rnode_packet_airtime(modulation_, bytes);
  airtime_sent_ += airtime;
  if (options_.flow_control) return;
  // What others send is time we wait: stretch our airtime by the share of the channel they use.
  constexpr double kMostOthers = 0.9;
  double others = 0;
  if (status_.channel) {
    const double share =
        (status_.channel->load_short_percent - status_.channel->airtime_short_percent) / 100;
    others = std::clamp(share, 0.0, kMostOthers);
  }
  Duration taken = from_seconds(to_seconds(airtime) / (1 - others));
  const bool contends = in_radio_.empty() || wire::lora_bitrate_bps(modulation_) > kFastBitrate;
  if (contends) taken += contention();
  const Time begin = in_radio_.empty() ? now : in_radio_.back().done;
  in_radio_.push_back({begin + taken, bytes});
  in_radio_bytes_ += bytes;
}

Duration RnodeHost::contention() const {
  constexpr int kDifsSlots = 2, kAverageBackoffSlots = 7, kSymbolsPerSlot = 12;
  constexpr Duration kSlotMin = 6ms, kSlotMax = 100ms;
  Duration slot = std::clamp(from_seconds(kSymbolsPerSlot * wire::lora_symbol_seconds(modulation_)),
                             kSlotMin, kSlotMax);
  if (status_.physical && status_.physical->csma_slot_ms > 0) {
    slot = std::min<Duration>(std::chrono::milliseconds(status_.physical->csma_slot_ms), kSlotMax);
  }
  return (kDifsSlots + kAverageBackoffSlots) * slot;
}

bool RnodeHost::airtime_locked(Time now) const {
  // A radio at its airtime limit keeps everything; so do we, until it reports otherwise.
  if (!status_.channel || now - channel_reported_ >= kReportLife) return false;
  const auto reached = [](const std::optional<double>& limit, double used) {
    return limit && *limit > 0 && used >= *limit;
  };
  const wire::RnodeParameters& asked = options_.parameters;
  return reached(asked.airtime_limit_short_percent, status_.channel->airtime_short_percent) ||
         reached(asked.airtime_limit_long_percent, status_.channel->airtime_long_percent);
}

}  // namespace mehr::interface
