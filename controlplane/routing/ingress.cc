// Burst states, held announces and the ration of signature checks.
#include "controlplane/routing/ingress.h"

#include <algorithm>

#include "core/wire/packet.h"

namespace mehr::routing {
namespace {

constexpr Duration kNewFor = 2h;
constexpr double kAnnounceHertzNew = 3;
constexpr double kAnnounceHertz = 10;
constexpr double kRequestHertzNew = 3;
constexpr double kRequestHertz = 8;
constexpr double kRequestHertzOut = 5;
constexpr std::size_t kEgressSamples = 6;
constexpr Duration kBurstHold = 15s;
constexpr Duration kBurstPenalty = 15s;
constexpr Duration kReleaseInterval = 5s;

}  // namespace

bool IngressControl::should_hold(Time now) {
  if (!enabled_) return false;
  const double threshold = now - born_ < kNewFor ? kAnnounceHertzNew : kAnnounceHertz;
  const double hertz = announces_.hertz(now);
  if (burst_) {
    // The query that ends a burst still answers "hold", as the reference does.
    if (hertz < threshold && now > burst_start_ + kBurstHold && announces_.samples() >= 2) {
      burst_ = false;
    }
    return true;
  }
  if (hertz <= threshold) return false;
  burst_ = true;
  burst_start_ = now;
  next_release_ = now + kBurstPenalty;
  return true;
}

IngressControl::Hold IngressControl::hold(const DestinationHash& destination, ByteView raw,
                                          std::uint8_t hops) {
  if (hops >= wire::kMaxHops - 1) return Hold::kTooFar;
  const auto it = held_.find(destination);
  if (it != held_.end()) {
    it->second.raw.assign(raw.begin(), raw.end());
    it->second.hops = hops;
    return Hold::kReplaced;
  }
  if (held_.size() >= capacity_) return Hold::kFull;
  held_.emplace(destination, HeldAnnounce{to_bytes(raw), hops, order_++});
  return Hold::kHeld;
}

std::optional<Bytes> IngressControl::release(Time now) {
  if (held_.empty() || now <= next_release_) return std::nullopt;
  const double threshold = now - born_ < kNewFor ? kAnnounceHertzNew : kAnnounceHertz;
  if (announces_.hertz(now) >= threshold) return std::nullopt;
  const auto chosen =
      std::min_element(held_.begin(), held_.end(), [](const auto& a, const auto& b) {
        return std::pair(a.second.hops, a.second.order) < std::pair(b.second.hops, b.second.order);
      });
  Bytes raw = std::move(chosen->second.raw);
  held_.erase(chosen);
  next_release_ = now + kReleaseInterval;
  return raw;
}

bool IngressControl::should_limit_requests(Time now) {
  if (!enabled_) return false;
  const double threshold = now - born_ < kNewFor ? kRequestHertzNew : kRequestHertz;
  const double hertz = requests_in_.hertz(now);
  if (request_burst_) {
    if (hertz < threshold && now > request_burst_start_ + kBurstHold) request_burst_ = false;
    return true;
  }
  if (hertz <= threshold) return false;
  request_burst_ = true;
  request_burst_start_ = now;
  return true;
}

bool IngressControl::should_limit_sending(Time now, bool enabled) {
  if (!enabled) return false;
  return requests_out_.hertz(now, 1) > kRequestHertzOut &&
         requests_out_.samples() >= kEgressSamples;
}

bool IngressControl::needs_jobs() const {
  // With two samples or fewer the estimate is zero and decays no further.
  return enabled_ && (burst_ || request_burst_ || !held_.empty() || announces_.samples() > 2 ||
                      requests_in_.samples() > 2);
}

bool Ration::available(double amount, Time now) {
  if (refilled_ != Time::min() && now > refilled_) {
    left_ = std::min(burst_, left_ + to_seconds(now - refilled_) * per_second_);
  }
  if (refilled_ == Time::min() || now > refilled_) refilled_ = now;
  return left_ >= amount;
}

}  // namespace mehr::routing
