// Trials and what follows from them, declared in path_mtu.h.
#include "controlplane/neighbour/path_mtu.h"

#include <algorithm>
#include <array>

namespace mehr::neighbour {
namespace {

/// What networks carry, less IP and UDP headers: tunnels, PPPoE, Ethernet under IPv6 and IPv4,
/// jumbo frames, loopback.
constexpr std::array<std::size_t, 9> kUsual{PathMtu::kBase, 1'392, 1'412, 1'452, 1'472,
                                            4'052,          8'952, 8'972, 65'507};
/// Closer than this a search between two sizes is not worth its probes.
constexpr std::size_t kCloseEnough = 8;
/// After a router spoke: it may have lied, or the path may be back soon.
constexpr Duration kAfterReport = 10s;

}  // namespace

PathMtu::PathMtu(std::size_t most, bool probing, Time now)
    : most_(most), probing_(probing), frame_(most), too_big_(most + 1), next_(Time::max()) {
  if (probing_) restart(now);
}

void PathMtu::restart(Time now) {
  if (!probing_) return;
  frame_ = std::min(most_, kBase);
  too_big_ = most_ + 1;
  begin(frame_, Purpose::kConfirm, now);
}

void PathMtu::begin(std::size_t size, Purpose purpose, Time now) {
  trial_ = Trial{};
  trial_->size = size;
  trial_->purpose = purpose;
  next_ = now;
}

bool PathMtu::reported(std::size_t bytes, Time now) {
  if (!probing_ || bytes >= too_big_) return false;
  too_big_ = std::max(bytes, kFloor) + 1;
  const bool shrank = bytes < frame_;
  if (shrank) {
    shrink_to(bytes);
    trial_.reset();
    next_ = now + kAfterReport;
  } else if (trial_ && trial_->size >= too_big_) {
    // What was said is the likeliest of all sizes.
    bytes > frame_ ? begin(bytes, Purpose::kSearch, now) : advance(now);
  }
  return shrank;
}

bool PathMtu::refused(std::size_t size, Time now) {
  if (!probing_) return false;
  too_big_ = std::min(too_big_, size);
  if (size > frame_) {
    advance(now);
    return false;
  }
  const std::size_t before = frame_;
  shrink_to(frame_ > kBase ? kBase : kFloor);
  trial_.reset();
  next_ = now + kAfterReport;
  return frame_ < before;
}

void PathMtu::doubt(Time now) {
  if (!probing_ || (trial_ && trial_->purpose == Purpose::kDoubt)) return;
  begin(frame_, Purpose::kDoubt, now);
}

std::optional<PathMtu::Pair> PathMtu::due(Time now, Duration rtt) {
  if (!probing_ || now < next_) return std::nullopt;
  if (!trial_) {
    // The rest is over: what was too big may pass by now, and what passed may not.
    too_big_ = most_ + 1;
    begin(frame_, Purpose::kConfirm, now);
  }
  if (trial_->waiting) return std::nullopt;
  trial_->waiting = true;
  trial_->small_back = false;
  ++trial_->pairs;
  trial_->until = now + std::clamp<Duration>(3 * rtt, kTimeoutMin, kTimeoutMax);
  next_ = trial_->until;
  return Pair{trial_->size};
}

bool PathMtu::answered(std::uint32_t number, Time now) {
  if (!trial_ || !trial_->waiting || number == 0) return false;
  if (number == small_number_) trial_->small_back = true;
  return number == big_number_ && passed(now);
}

bool PathMtu::tick(Time now) {
  if (!trial_ || !trial_->waiting || now < trial_->until) return false;
  trial_->waiting = false;
  next_ = now;
  if (trial_->small_back) ++trial_->strikes;
  if (trial_->strikes < kStrikes && trial_->pairs < kPairsMost) return false;
  // Nothing at all came back: that is no matter of size.
  if (trial_->strikes == 0 && trial_->purpose != Purpose::kSearch) {
    trial_.reset();
    next_ = now + kAfterReport;
    return false;
  }
  return failed(now);
}

bool PathMtu::passed(Time now) {
  const std::size_t before = frame_;
  frame_ = std::max(frame_, trial_->size);
  if (too_big_ <= frame_) too_big_ = frame_ + 1;
  advance(now);
  return frame_ != before;
}

bool PathMtu::failed(Time now) {
  const std::size_t size = trial_->size;
  too_big_ = std::min(too_big_, size);
  if (size <= frame_) {
    shrink_to(frame_ > kBase ? std::min(most_, kBase) : kFloor);
    if (frame_ >= size) {
      trial_.reset();
      next_ = now + kRecheck;
      return false;
    }
    begin(frame_, Purpose::kConfirm, now);
    return true;
  }
  advance(now);
  return false;
}

void PathMtu::advance(Time now) {
  for (const std::size_t size : kUsual) {
    const std::size_t candidate = std::min(size, most_);
    if (candidate > frame_ && candidate < too_big_) return begin(candidate, Purpose::kSearch, now);
  }
  if (too_big_ > frame_ + kCloseEnough && too_big_ <= most_) {
    return begin(frame_ + (too_big_ - frame_) / 2, Purpose::kSearch, now);
  }
  trial_.reset();
  next_ = now + kRecheck;
}

Time PathMtu::next_due() const {
  return probing_ ? next_ : Time::max();
}

}  // namespace mehr::neighbour
