// Field by field; absent measurements become NaN, as the schema says.
#include "controlplane/admin/neighbour_rows.h"

#include <limits>
#include <string_view>

namespace mehr::admin {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

// One sentence on what an operator can do, by what the peer's last failure was.
std::string advice(const neighbour::PeerReport& peer, const IdentityHash& own) {
  const std::string_view failure = peer.last_failure;
  const bool tcp = peer.transport == "tcp";
  if (failure.empty() || peer.state == neighbour::PeerState::kLinked) return {};
  if (peer.state == neighbour::PeerState::kLookingUp) {
    return "check the name in `peers` of [interface." + peer.interface +
           "], and whether this host can look names up";
  }
  if (failure.find("does not let us in") != std::string_view::npos) {
    return "on that node, put " + to_hex(own) + " among the `allowed` of its hop interface";
  }
  if (failure.starts_with("somebody else answers")) {
    return peer.expected ? "if that is the right node, write its identity before the @ in `peers` "
                           "of [interface." +
                               peer.interface + "]"
                         : "write the identity you expect there before the address in `peers`: "
                           "\"identity@host:port\"";
  }
  if (failure == "no answer" || peer.state == neighbour::PeerState::kConnecting) {
    return std::string("check that mehrd runs there with a hop interface over ") +
           (tcp ? "tcp" : "udp") + " on that port, and that no firewall stops " +
           (tcp ? "TCP" : "UDP") + " on the way";
  }
  return "nothing: it is dialled again by itself";
}

std::string_view severity_name(wire::CongestionSeverity severity) {
  switch (severity) {
    case wire::CongestionSeverity::kModerate:
      return "moderate";
    case wire::CongestionSeverity::kSevere:
      return "severe";
    case wire::CongestionSeverity::kSaturated:
      break;
  }
  return "saturated";
}

void add_classes(api::LinkT& row, const neighbour::NeighbourRow& from) {
  for (std::size_t i = 0; i < from.classes.size(); ++i) {
    const neighbour::ClassMeter& meter = from.classes[i];
    auto one = std::make_unique<api::LinkClassT>();
    one->name = "P" + std::to_string(i);
    one->sent_packets = meter.sent_records;
    one->sent_bytes = meter.sent_bytes;
    one->received_packets = meter.received_records;
    one->received_bytes = meter.received_bytes;
    one->waiting_bytes = meter.waiting_bytes;
    one->limit_bytes = meter.limit_bytes;
    row.classes.push_back(std::move(one));
  }
}

void add_terms(api::PathCandidateT& row, const routing::Score& score,
               const routing::ScoreWeights& weights) {
  const auto add = [&row](std::string name, std::uint32_t term, std::uint32_t weight) {
    auto one = std::make_unique<api::ScoreTermT>();
    one->name = std::move(name);
    one->value = static_cast<double>(term) / routing::kWholeTerm;
    one->weight = static_cast<double>(weight) / routing::kWeightUnit;
    one->weighted = one->value * one->weight;
    row.terms.push_back(std::move(one));
  };
  add("cost", score.cost, weights.cost);
  add("latency", score.latency, weights.latency);
  add("unreliability", score.reliability, weights.reliability);
  // Room to spare counts in favour: the score has what is missing of it.
  add("narrowness", routing::kWholeTerm - score.mtu_bonus, weights.mtu_bonus);
  add("ring", score.ring, weights.ring);
}

std::unique_ptr<api::PathCandidateT> candidate_row(const routing::ExplainedCandidate& from,
                                                   const routing::ScoreWeights& weights) {
  auto row = std::make_unique<api::PathCandidateT>();
  row->winner = from.winner;
  row->usable = from.usable;
  row->next_hop = to_hex(from.next_hop);
  row->interface = from.interface_name;
  if (from.neighbour) row->neighbour = to_hex(*from.neighbour);
  row->hops = from.hops;
  row->cost_umhr_per_mib = from.cost_umhr_per_mib.value_or(kAbsent);
  if (from.latency_ms) row->latency_ms = static_cast<double>(*from.latency_ms);
  row->bottleneck_bps = from.bottleneck_bps.value_or(kAbsent);
  row->mtu = from.mtu;
  if (from.reliability > 0) row->reliability = from.reliability / 255.0;
  row->remark = from.remark;
  if (!from.usable) return row;
  add_terms(*row, from.score, weights);
  row->score = from.score.value();
  return row;
}

}  // namespace

std::unique_ptr<api::PeerT> peer_row(const neighbour::PeerReport& peer,
                                     const std::optional<IdentityHash>& linked,
                                     const IdentityHash& own) {
  auto row = std::make_unique<api::PeerT>();
  row->peer = peer.text;
  row->interface = peer.interface;
  row->transport = peer.transport;
  row->remembered = peer.remembered;
  row->address = peer.address;
  if (peer.expected) row->expected = to_hex(*peer.expected);
  if (linked) row->linked = to_hex(*linked);
  row->state =
      std::string(neighbour::peer_state_name(linked ? neighbour::PeerState::kLinked : peer.state));
  row->failures = peer.failures;
  row->last_failure = peer.last_failure;
  if (!linked) row->advice = advice(peer, own);
  return row;
}

std::unique_ptr<api::LinkT> link_row(const neighbour::NeighbourRow& from,
                                     const LinkRowContext& context) {
  const link::NeighbourReport& link = from.link;
  auto row = std::make_unique<api::LinkT>();
  row->identity = to_hex(link.identity);
  row->name = context.name;
  row->interface = from.name;
  row->parent = from.parent;
  row->transport = from.transport;
  row->carrier = link.carrier;
  row->address = link.path.address;
  row->mode = std::string(routing::mode_name(from.mode));
  row->initiated = link.initiated;
  row->up_s = to_seconds(context.now - link.up_since);
  row->heard_s_ago = to_seconds(context.now - link.last_heard);
  if (link.rtt) row->rtt_ms = to_seconds(*link.rtt) * 1000;
  row->epoch = link.epoch;
  row->key_age_s = to_seconds(context.now - link.epoch_since);
  row->frame_bytes = static_cast<std::uint32_t>(from.frame_bytes);
  row->packet_bytes = static_cast<std::uint32_t>(from.packet_bytes);
  row->bitrate_bps = from.bitrate_bps;
  row->sent_frames = link.sent_frames;
  row->sent_bytes = link.sent_bytes;
  row->received_frames = link.received_frames;
  row->received_bytes = link.received_bytes;
  row->waiting_bytes = from.waiting_bytes;
  row->queue_percent = from.occupancy * 100;
  if (context.congestion) row->congestion = std::string(severity_name(*context.congestion));
  row->dropped_late = from.drops.late;
  row->dropped_full = from.drops.full;
  row->dropped_too_big = from.drops.too_big;
  row->fragmented = from.fragmented;
  row->forged = link.forged;
  row->replayed = link.replayed;
  row->version = link.capabilities.version;
  row->max_frame = link.capabilities.max_frame;
  row->fragmentation = link.capabilities.fragmentation;
  row->compact = link.capabilities.compact;
  row->lanes = link.capabilities.lanes;
  row->payment_modes = link.capabilities.payment_modes;
  row->price_umhr_per_mib = context.price_umhr_per_mib;
  add_classes(*row, from);
  return row;
}

std::unique_ptr<api::LinkEventT> link_event_row(const IdentityHash& identity, std::string name,
                                                const neighbour::HistoryEvent& event, double time) {
  auto row = std::make_unique<api::LinkEventT>();
  row->time = time;
  row->identity = to_hex(identity);
  row->name = std::move(name);
  row->event = event.up ? "up" : "down";
  row->carrier = event.carrier;
  row->address = event.address;
  row->reason = event.reason;
  return row;
}

api::PathExplainResponseT explain_rows(const DestinationHash& destination,
                                       const routing::PathExplanation& explanation) {
  api::PathExplainResponseT out;
  out.destination = to_hex(destination);
  out.policy = std::string(routing::policy_name(explanation.policy));
  for (const routing::ExplainedCandidate& each : explanation.candidates)
    out.candidates.push_back(candidate_row(each, explanation.weights));
  out.why = explanation.why;
  return out;
}

}  // namespace mehr::admin
