// Receptions are judged when a frame ends, because only then everything that overlapped it is
// known.
#include "tools/mehr-radio/channel.h"

#include <algorithm>
#include <cmath>

#include "core/base/assert.h"

namespace mehr::mehr_radio {
namespace {

constexpr double kInterferenceDb = 11.0;  // energy over the noise that the firmware waits for

constexpr std::size_t kMaxLanded = 4096;  // memory bound; real traffic keeps a handful

double milliwatts(double dbm) {
  return std::pow(10.0, dbm / 10.0);
}
double decibel_milliwatts(double mw) {
  return 10.0 * std::log10(mw);
}

Duration symbols(const Modulation& modulation, int count) {
  return Duration{static_cast<std::int64_t>(modulation.symbol_ms() * 1e3 * count)};
}

// From here to its end a frame must be undisturbed.
Time needed_from(const Frame& frame) {
  return frame.start + frame.modulation.preamble() - symbols(frame.modulation, kSynchroniseSymbols);
}

bool overlaps(const Frame& frame, Time from, Time to) {
  return frame.start < to && frame.end > from;
}

}  // namespace

std::string_view lost_name(Lost reason) {
  constexpr std::string_view kNames[kLostReasons] = {"weak",      "half_duplex", "busy",
                                                     "collision", "chance",      "cut"};
  return kNames[static_cast<std::size_t>(reason)];
}

NodeId Channel::add_node() {
  MEHR_ASSERT(receivers_.size() < kMaxNodes);
  receivers_.emplace_back();
  for (auto& row : links_)
    row.emplace_back();
  links_.emplace_back(receivers_.size());
  return receivers_.size() - 1;
}

void Channel::set_path_gain(NodeId from, NodeId to, double db) {
  links_[from][to].gain_db = db;
}

void Channel::set_loss(NodeId from, NodeId to, double probability) {
  links_[from][to].loss = std::clamp(probability, 0.0, 1.0);
}

void Channel::tune(NodeId node, std::optional<Modulation> modulation, Time now) {
  Receiver& receiver = receivers_[node];
  if (receiver.tuned == modulation) return;
  receiver = {modulation, now};
}

void Channel::begin(NodeId from, int power_dbm, Bytes bytes, Time now) {
  MEHR_ASSERT(receivers_[from].tuned && !sending(from) && bytes.size() <= 255);
  Frame frame{.from = from,
              .modulation = *receivers_[from].tuned,
              .power_dbm = power_dbm,
              .start = now,
              .bytes = std::move(bytes),
              .receptions = {}};
  frame.end = now + frame.modulation.airtime(frame.bytes.size());
  flying_.push_back(std::move(frame));
}

void Channel::cut(NodeId from, Time now) {
  for (Frame& frame : flying_) {
    if (frame.from != from || frame.end <= now) continue;
    frame.end = now;
    frame.cut = true;
  }
}

std::optional<Time> Channel::next_end() const {
  const auto first = std::ranges::min_element(flying_, {}, &Frame::end);
  if (first == flying_.end()) return std::nullopt;
  return first->end;
}

Frame Channel::finish() {
  const auto first = std::ranges::min_element(flying_, {}, &Frame::end);
  MEHR_ASSERT(first != flying_.end());
  Frame frame = *first;
  for (NodeId node = 0; node < receivers_.size(); ++node) {
    const Receiver& receiver = receivers_[node];
    if (node == frame.from || !listening(receiver, frame)) continue;
    const double rssi = power_at(frame, node);
    frame.receptions.push_back({.node = node,
                                .rssi_dbm = rssi,
                                .snr_db = rssi - frame.modulation.noise_floor_dbm(),
                                .lost = fate(node, frame)});
  }
  flying_.erase(first);
  landed_.push_back(frame);
  forget_past();
  return frame;
}

bool Channel::sending(NodeId node) const {
  return std::ranges::any_of(flying_, [&](const Frame& frame) { return frame.from == node; });
}

bool Channel::busy(NodeId node, Time now) const {
  const auto& tuned = receivers_[node].tuned;
  if (!tuned) return false;
  for (const Frame& frame : flying_) {
    if (frame.from == node || frame.end <= now) continue;
    if (now < frame.start + symbols(frame.modulation, kDetectSymbols)) continue;
    const double over_noise = power_at(frame, node) - tuned->noise_floor_dbm();
    if (can_hear(*tuned, frame.modulation) && over_noise >= tuned->snr_floor_db()) return true;
    if (same_band(*tuned, frame.modulation) && over_noise > kInterferenceDb) return true;
  }
  return false;
}

double Channel::rssi_dbm(NodeId node, Time now) const {
  const auto& tuned = receivers_[node].tuned;
  if (!tuned) return -157;
  double sum = milliwatts(tuned->noise_floor_dbm());
  for (const Frame& frame : flying_) {
    if (frame.from == node || frame.end <= now || !same_band(*tuned, frame.modulation)) continue;
    sum += milliwatts(power_at(frame, node));
  }
  return decibel_milliwatts(sum);
}

double Channel::power_at(const Frame& frame, NodeId node) const {
  return frame.power_dbm + link(frame.from, node).gain_db;
}

bool Channel::listening(const Receiver& receiver, const Frame& frame) {
  return receiver.tuned && can_hear(*receiver.tuned, frame.modulation) &&
         receiver.since <= needed_from(frame);
}

// Whether the node was tuned to the frame and silent itself.
bool Channel::synchronised(NodeId node, const Frame& frame) const {
  const Time from = needed_from(frame);
  if (!listening(receivers_[node], frame)) return false;
  const auto own = [&](const Frame& other) {
    return other.from == node && overlaps(other, from, frame.end);
  };
  return std::ranges::none_of(flying_, own) && std::ranges::none_of(landed_, own);
}

std::optional<Lost> Channel::fate(NodeId node, const Frame& frame) {
  // The draw comes first, so that the same seed gives the same chances whatever else happens.
  const double loss = link(frame.from, node).loss;
  const bool unlucky = loss > 0 && static_cast<double>(random_.below(1'000'000)) < loss * 1'000'000;
  if (frame.cut) return Lost::kCut;
  const double snr = power_at(frame, node) - frame.modulation.noise_floor_dbm();
  if (snr < frame.modulation.snr_floor_db()) return Lost::kWeak;
  if (!synchronised(node, frame)) return Lost::kHalfDuplex;
  if (const auto lost = disturbed(node, frame)) return lost;
  if (unlucky) return Lost::kChance;
  return std::nullopt;
}

std::optional<Lost> Channel::disturbed(NodeId node, const Frame& frame) const {
  const double wanted = power_at(frame, node);
  const Time from = needed_from(frame);
  double disturbance = 0;
  bool held = false;
  const auto weigh = [&](const Frame& other) {
    const bool itself = other.from == frame.from && other.start == frame.start;
    if (itself || other.from == node || !overlaps(other, from, frame.end)) return;
    if (!can_hear(frame.modulation, other.modulation)) return;
    disturbance += milliwatts(power_at(other, node));
    const double other_snr = power_at(other, node) - other.modulation.noise_floor_dbm();
    const bool earlier = frame.start >= other.start + other.modulation.preamble();
    if (earlier && other_snr >= other.modulation.snr_floor_db() && synchronised(node, other))
      held = true;
  };
  for (const Frame& other : flying_)
    weigh(other);
  for (const Frame& other : landed_)
    weigh(other);
  if (held) return Lost::kBusy;
  if (disturbance > 0 && wanted < decibel_milliwatts(disturbance) + kCaptureDb)
    return Lost::kCollision;
  return std::nullopt;
}

// A landed frame matters to the flying ones it overlaps, and, because it tells what a receiver was
// doing then, to the landed frames those overlap: two steps back, no further.
void Channel::forget_past() {
  if (flying_.empty()) {
    landed_.clear();
    return;
  }
  Time oldest = std::ranges::min_element(flying_, {}, &Frame::start)->start;
  for (int step = 0; step < 2; ++step) {
    const Time bound = oldest;
    for (const Frame& frame : landed_) {
      if (frame.end > bound) oldest = std::min(oldest, frame.start);
    }
  }
  std::erase_if(landed_, [&](const Frame& frame) { return frame.end <= oldest; });
  if (landed_.size() > kMaxLanded) landed_.erase(landed_.begin());
}

}  // namespace mehr::mehr_radio
