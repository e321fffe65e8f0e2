// What many seeds came to: node-hours, messages, faults, counters that were hit. Collected by
// `mehr-sim seeds`; plain values.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tools/mehr-sim/seed.h"

namespace mehr::mehr_sim {

class Totals {
 public:
  static constexpr std::size_t kMedianSeeds = 20;
  static constexpr std::size_t kLeastHosts = 8;
  static constexpr double kLeastHours = 1;

  void add(const SeedResult& result);
  [[nodiscard]] std::size_t seeds() const { return hosts_.size(); }
  [[nodiscard]] const std::vector<std::uint64_t>& broken() const { return broken_; }
  [[nodiscard]] std::size_t without_delivery() const { return without_delivery_; }
  [[nodiscard]] std::size_t median_hosts() const;
  [[nodiscard]] double median_hours() const;
  /// A first relay tells native packets from transit more than five points better than chance
  /// (SC-124), in a run with enough packets to say so.
  [[nodiscard]] bool hop_bytes_tell() const;
  /// What was asked of these seeds and not reached, a sentence each; empty when all held. Medians
  /// count from kMedianSeeds on.
  [[nodiscard]] std::vector<std::string> failures() const;
  /// Lines for people: figures, coverage marks, what was never reached.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] std::string hop_text() const;

  std::vector<std::size_t> hosts_;
  std::vector<double> hours_;
  std::vector<std::uint64_t> broken_;
  double node_hours_ = 0;
  std::uint64_t events_ = 0, checks_ = 0, loops_seen_ = 0;
  std::size_t without_delivery_ = 0;
  TrafficTotals traffic_;
  HopBins hop_bins_, all_hop_bins_;
  std::vector<HopBins> link_bins_;  ///< of links that carried something
  std::array<std::uint64_t, kFaults> faults_{};
  std::uint64_t lies_ = 0, insiders_ = 0;
  DeceitsTold deceits_{};
  std::array<std::uint64_t, border::kCounterCount> counters_{};
};

}  // namespace mehr::mehr_sim
