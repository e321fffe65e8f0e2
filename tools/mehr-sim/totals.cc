// Adding up. See totals.h.
#include "tools/mehr-sim/totals.h"

#include <algorithm>
#include <cstdio>

namespace mehr::mehr_sim {
namespace {

constexpr std::uint64_t kLinkPackets = 50;
constexpr std::uint64_t kHopPackets = 80'000;  // with fewer a few busy senders are the figure
constexpr double kHopMargin = 0.05;

template <typename T>
T median(std::vector<T> values) {
  if (values.empty()) return T{};
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];  // the lower of two: never above the true one
}

std::string number(double value) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.1f", value);
  return out.data();
}

std::string row(const char* name, const std::string& value) {
  std::array<char, 24> padded{};
  std::snprintf(padded.data(), padded.size(), "  %-19s", name);
  return padded.data() + value + "\n";
}

}  // namespace

void Totals::add(const SeedResult& result) {
  hosts_.push_back(result.hosts);
  hours_.push_back(to_seconds(result.virtual_time) / 3'600);
  node_hours_ += result.node_hours();
  events_ += result.events;
  checks_ += result.checks;
  loops_seen_ += result.loops_seen;
  if (result.breach) broken_.push_back(result.seed);
  if (result.traffic.delivered == 0) ++without_delivery_;
  traffic_.sent += result.traffic.sent;
  traffic_.received += result.traffic.received;
  traffic_.delivered += result.traffic.delivered;
  traffic_.failed += result.traffic.failed;
  traffic_.forgotten += result.traffic.forgotten;
  traffic_.open += result.traffic.open;
  hop_bins_.add(result.hop_bins);
  all_hop_bins_.add(result.all_hop_bins);
  for (const HopBins& link : result.link_bins)
    if (link.packets() >= kLinkPackets) link_bins_.push_back(link);
  for (std::size_t i = 0; i < kFaults; ++i)
    faults_[i] += result.faults[i];
  lies_ += result.lies;
  insiders_ += result.insiders;
  for (std::size_t i = 0; i < kDeceits; ++i)
    deceits_[i] += result.deceits[i];
  for (std::size_t i = 0; i < counters_.size(); ++i)
    counters_[i] += result.counters[i];
}

std::size_t Totals::median_hosts() const {
  return median(hosts_);
}

double Totals::median_hours() const {
  return median(hours_);
}

std::vector<std::string> Totals::failures() const {
  std::vector<std::string> out;
  if (seeds() == 0) out.emplace_back("no seed was run");
  if (!broken_.empty()) {
    std::string which;
    for (const std::uint64_t seed : broken_)
      which += " " + std::to_string(seed);
    out.push_back(std::to_string(broken_.size()) + " seeds broke an invariant:" + which);
  }
  if (without_delivery_ > 0)
    out.push_back(std::to_string(without_delivery_) + " seeds delivered nothing");
  if (hop_bytes_tell()) out.emplace_back("hop bytes tell native packets from transit");
  if (seeds() < kMedianSeeds) return out;
  if (median_hosts() < kLeastHosts) {
    out.push_back("at the median " + std::to_string(median_hosts()) + " nodes, asked for are " +
                  std::to_string(kLeastHosts));
  }
  if (median_hours() < kLeastHours) {
    out.push_back("at the median " + number(median_hours()) + " virtual hours, asked for are " +
                  number(kLeastHours));
  }
  return out;
}

bool Totals::hop_bytes_tell() const {
  return hop_bins_.packets() >= kHopPackets && hop_bins_.best() > hop_bins_.chance() + kHopMargin;
}

// How much better than chance the best guess from the hop byte is whether a packet on a hop link is
// its sender's own.
std::string Totals::hop_text() const {
  const auto points = [](const HopBins& bins) { return 100 * (bins.best() - bins.chance()); };
  double sum = 0, worst = 0;
  for (const HopBins& link : link_bins_) {
    sum += points(link);
    worst = std::max(worst, points(link));
  }
  const auto said = [&](const HopBins& bins) {
    return std::to_string(bins.packets()) + " packets, " + std::to_string(bins.natives()) +
           " the sender's own: chance " + number(100 * bins.chance()) + " %, best guess " +
           number(100 * bins.best()) + " %, " + number(points(bins)) + " points over";
  };
  std::string out =
      said(hop_bins_) + "\n    with what began on plain lines: " + said(all_hop_bins_);
  if (link_bins_.empty()) return out;
  return out + "\n    on each of " + std::to_string(link_bins_.size()) + " links with " +
         std::to_string(kLinkPackets) +
         " packets or more: " + number(sum / static_cast<double>(link_bins_.size())) +
         " points over at the mean, " + number(worst) +
         " at worst, told the true shares of that link afterwards";
}

std::string Totals::text() const {
  std::string out =
      row("seeds", std::to_string(seeds()) + ", " + std::to_string(broken_.size()) + " broken, " +
                       std::to_string(without_delivery_) + " without a delivery");
  out += row("size at the median",
             std::to_string(median_hosts()) + " nodes, " + number(median_hours()) + " hours");
  out += row("node-hours", number(node_hours_));
  out += row("events", std::to_string(events_) + ", " + std::to_string(checks_) + " checks");
  out += row("messages", std::to_string(traffic_.sent) + " written, " +
                             std::to_string(traffic_.delivered) + " proved, " +
                             std::to_string(traffic_.failed) + " given up, " +
                             std::to_string(traffic_.forgotten) + " lost with their writer");
  std::uint64_t faults = 0;
  std::string kinds;
  for (std::size_t i = 0; i < kFaults; ++i) {
    faults += faults_[i];
    kinds += (i % 6 == 0 ? "\n    " : "  ") + std::string(fault_name(static_cast<Fault>(i))) + " " +
             std::to_string(faults_[i]);
  }
  out += row("faults", std::to_string(faults) + kinds);
  out += row("lies on wires", std::to_string(lies_) + " packets");
  std::uint64_t false_records = 0;
  kinds.clear();
  for (std::size_t i = 0; i < kDeceits; ++i) {
    false_records += deceits_[i];
    kinds += (i % 6 == 0 ? "\n    " : "  ") + std::string(deceit_name(static_cast<Deceit>(i))) +
             " " + std::to_string(deceits_[i]);
  }
  out += row("lies in hop links", std::to_string(false_records) + " false records, " +
                                      std::to_string(insiders_) + " times a liar" + kinds);
  out += row("hop bytes", hop_text());
  out += row("loops seen", std::to_string(loops_seen_) + " times, all while things were wrong");
  std::size_t hit = 0;
  std::string missed;
  const auto table = border::counter_table();
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    if (counters_[i] > 0) {
      ++hit;
    } else {
      missed += " " + std::string(table[i].stage) + "." + std::string(table[i].name);
    }
  }
  out += row("coverage marks", std::to_string(hit) + " of " + std::to_string(counters_.size()));
  out += row("never", missed);
  return out;
}

}  // namespace mehr::mehr_sim
