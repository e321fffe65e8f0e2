// Classes and budgets.
#include "controlplane/routing/traffic.h"

#include <algorithm>

#include "controlplane/routing/congestion.h"

namespace mehr::routing {
namespace {

constexpr double kUrgentShare = 0.25;        // of the neighbour's bit rate
constexpr double kUrgentBytesLeast = 2'000;  // a second; four packets
constexpr double kBurstSeconds = 2;
constexpr std::size_t kFeedersMax = 64;

Ration urgent_budget(const InterfaceTraits& traits) {
  const double per_second =
      std::max(kUrgentBytesLeast, static_cast<double>(traits.bitrate_bps) / 8 * kUrgentShare);
  return {per_second, per_second * kBurstSeconds};
}

bool spend(std::optional<Ration>& budget, const Ration& fresh, std::size_t bytes, Time now) {
  if (!budget) budget = fresh;
  const auto amount = static_cast<double>(bytes);
  if (!budget->available(amount, now)) return false;
  budget->take(amount);
  return true;
}

}  // namespace

bool is_signalling(const wire::Packet& packet) {
  return packet.packet_type == wire::PacketType::kLinkRequest ||
         packet.packet_type == wire::PacketType::kProof;
}

wire::HopClass own_class(const wire::Packet& packet) {
  // Parts of large transfers would crowd out everybody else's messages.
  return packet.context == wire::Context::kResource ? kOrdinary : kUrgent;
}

Admission admit(Node& node, Inbound& inbound) {
  Admission admission;
  Interface& from = inbound.interface;
  const std::size_t bytes = inbound.raw.size();
  if (from.traits.hop_link) {
    wire::HopClass traffic = inbound.traffic;
    traffic.control = false;
    const bool urgent = traffic.priority <= wire::HopPriority::kP1;
    if (urgent && !spend(from.hop.urgent, urgent_budget(from.traits), bytes, inbound.now)) {
      node.counters.add(Counter::kDataDemoted);
      traffic.priority = wire::HopPriority::kP2;
    }
    admission.traffic = traffic;
    return admission;
  }
  if (from.traits.trusted) {
    admission.traffic = is_signalling(inbound.packet) ? kUrgent : kOrdinary;
    return admission;
  }
  const auto allowance = static_cast<double>(node.config.untrusted_bytes_per_second);
  const Ration fresh{allowance, allowance * kBurstSeconds};
  if (!spend(from.hop.untrusted, fresh, bytes, inbound.now)) return admission;
  admission.traffic = kBulk;
  admission.free_only = !node.config.untrusted_may_cost;
  return admission;
}

void note_feeder(Node& node, const Interface& from, Interface& to, Time now) {
  if (!from.traits.hop_link) return;
  auto& feeders = to.hop.feeders;
  if (feeders.size() >= kFeedersMax && !feeders.contains(from.id)) {
    feeders.erase(
        std::min_element(feeders.begin(), feeders.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  feeders[from.id] = now;
  repeat_congestion(node, to, now);
}

}  // namespace mehr::routing
