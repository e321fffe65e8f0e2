// The receiver's state machine: request, collect, adapt the window, request again.
#include "controlplane/endpoint/resource_receiver.h"

#include <algorithm>

#include "controlplane/endpoint/timing.h"
#include "core/wire/link.h"

namespace mehr::endpoint {

ResourceReceiver::ResourceReceiver(ResourceChannel& channel,
                                   wire::ResourceAdvertisement advertisement,
                                   std::size_t data_limit, const TransferRate& rate)
    : channel_(channel),
      advertisement_(std::move(advertisement)),
      data_limit_(data_limit),
      map_(static_cast<std::size_t>(advertisement_.parts)),
      parts_(static_cast<std::size_t>(advertisement_.parts)),
      window_(rate.window == 0 ? kWindowInitial : rate.window),
      window_min_(kWindowMin),
      window_max_(std::max(kWindowMaxSlow, window_)),
      rate_(rate.bits_per_second == 0 ? channel.bits_per_second() : rate.bits_per_second),
      retries_left_(kPartRetries),
      last_activity_(channel.now()),
      requested_(channel.now()) {
  map_known_ = std::min(advertisement_.map.size(), map_.size());
  for (std::size_t i = 0; i < map_known_; ++i)
    map_[i] = advertisement_.map[i];
}

std::size_t ResourceReceiver::memory() const {
  return static_cast<std::size_t>(advertisement_.transfer_size) * 2 + data_limit_;
}

void ResourceReceiver::request_next() {
  if (state_ != State::kTransferring || awaiting_map_) return;
  wire::ResourceRequest request;
  request.hash = advertisement_.hash;
  outstanding_ = 0;
  const std::size_t end = std::min(next_missing_ + window_, parts_.size());
  for (std::size_t i = next_missing_; i < end; ++i) {
    if (!map_[i]) {
      request.last_known = map_[map_known_ - 1];
      awaiting_map_ = true;
      break;
    }
    if (!parts_[i].empty()) continue;
    request.wanted.push_back(*map_[i]);
    ++outstanding_;
  }
  channel_.send(wire::Context::kResourceRequest, wire::encode_resource_request(request));
  last_activity_ = requested_ = channel_.now();
  answered_ = false;
  round_bytes_ = 0;
}

void ResourceReceiver::advertised_again() {
  if (received_ > 0) return;  // an old copy
  awaiting_map_ = false;
  request_next();
}

void ResourceReceiver::part(ByteView data) {
  if (state_ != State::kTransferring || data.empty()) return;
  const wire::MapHash hash = map_hash(data, advertisement_.random);
  // Parts of the window before a timeout shrank it are as good as those asked for now.
  const std::size_t end = std::min(next_missing_ + wire::kResourceWindowMax, map_known_);
  std::size_t at = next_missing_;
  while (at < end && (map_[at] != hash || !parts_[at].empty()))
    ++at;
  if (at == end) return;
  last_activity_ = channel_.now();
  retries_left_ = kPartRetries;
  wire_bytes_ += data.size() + wire::kHeaderMin;
  round_bytes_ += data.size();
  if (!answered_) {
    answered_ = true;
    measure(static_cast<double>(data.size()) * 8, channel_.now() - requested_, false);
  }
  parts_[at] = to_bytes(data);
  ++received_;
  if (outstanding_ > 0) --outstanding_;
  while (next_missing_ < parts_.size() && !parts_[next_missing_].empty())
    ++next_missing_;
  if (received_ == parts_.size()) {
    assemble();
  } else if (outstanding_ == 0) {
    round_finished();
  }
}

void ResourceReceiver::round_finished() {
  if (window_ < window_max_) {
    ++window_;
    if (window_ - window_min_ > kWindowFlexibility - 1) ++window_min_;
  }
  measure(static_cast<double>(round_bytes_) * 8, channel_.now() - requested_, true);
  request_next();
}

void ResourceReceiver::measure(double bits, Duration time, bool whole_round) {
  if (time <= Duration::zero()) time = Duration(1);
  const double rate = bits / to_seconds(time);
  if (whole_round) {
    rate_ = rate;
    rate_measured_ = true;
  }
  if (rate > kFastBitsPerSecond && fast_rounds_ < kFastRounds && ++fast_rounds_ == kFastRounds) {
    window_max_ = wire::kResourceWindowMax;
  }
  if (whole_round && fast_rounds_ == 0 && rate < kVerySlowBitsPerSecond &&
      very_slow_rounds_ < kVerySlowRounds && ++very_slow_rounds_ == kVerySlowRounds) {
    window_max_ = kWindowMaxVerySlow;
  }
}

void ResourceReceiver::map_update(const wire::ResourceMapUpdate& update) {
  if (state_ != State::kTransferring || !awaiting_map_) return;
  // Only the piece that follows what is known: pieces never overlap or leave holes.
  const std::uint64_t start = update.segment * wire::kResourceMapEntries;
  if (start != map_known_ || update.map.size() > map_.size() - map_known_) return;
  for (const wire::MapHash& hash : update.map)
    map_[map_known_++] = hash;
  last_activity_ = channel_.now();
  retries_left_ = kPartRetries;
  awaiting_map_ = false;
  // Parts of the running request may still be on their way; asking again now would double them.
  if (outstanding_ == 0) request_next();
}

void ResourceReceiver::cancel() {
  if (state_ != State::kTransferring) return;
  channel_.send(wire::Context::kResourceReceiverCancel, advertisement_.hash.view());
  state_ = State::kFailed;
}

void ResourceReceiver::assemble() {
  Bytes stream;
  stream.reserve(static_cast<std::size_t>(advertisement_.transfer_size));
  for (Bytes& part : parts_) {
    append(stream, part);
    part = Bytes();
  }
  std::optional<Bytes> decrypted =
      advertisement_.encrypted ? channel_.unseal(stream) : std::move(stream);
  auto data = decrypted ? assemble_segment(*decrypted, advertisement_, data_limit_) : std::nullopt;
  if (!data) {
    state_ = State::kCorrupt;
    channel_.send(wire::Context::kResourceReceiverCancel, advertisement_.hash.view());
    return;
  }
  proof_ = segment_proof(*data, advertisement_.hash);
  data_ = std::move(*data);
  state_ = State::kComplete;
}

Duration ResourceReceiver::patience() const {
  const double part_s =
      static_cast<double>(wire::resource_sdu(channel_.mtu())) * 8 / std::max(rate_, 1.0);
  double wait_s = 0;
  if (rate_measured_) {
    wait_s = 2 * static_cast<double>(std::max<std::size_t>(outstanding_, 1)) * part_s;
    if (awaiting_map_ || outstanding_ == 0) wait_s += kMapWaitFactor * part_s;
  } else {
    // Nothing measured yet: the handshake's rate, with room for the whole first window.
    wait_s = 4 * 3 * part_s;
  }
  const int used = kPartRetries - retries_left_;
  return channel_.rtt() + from_seconds(std::min(wait_s, 120.0)) + kRetryGrace +
         kPerRetryDelay * used;
}

Time ResourceReceiver::next_due() const {
  return state_ == State::kTransferring ? last_activity_ + patience() : Time::max();
}

void ResourceReceiver::tick() {
  if (channel_.now() < next_due()) return;
  if (retries_left_ == 0) return cancel();
  --retries_left_;
  if (window_ > window_min_) {
    --window_;
    if (window_max_ > window_min_) {
      --window_max_;
      if (window_max_ - window_ > kWindowFlexibility - 1) --window_max_;
    }
  }
  awaiting_map_ = false;
  request_next();
}

}  // namespace mehr::endpoint
