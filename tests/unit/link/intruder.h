// An attacker who owns the wire between three honest nodes but none of their keys. Decisions come
// from a byte string, so that a fuzzer, a seeded generator and a stored case drive the same
// machine. After every step: nobody is linked to anybody but an honest identity it may link to, and
// no record is believed to come from or be for anybody but its real two ends.
#pragma once

#include <memory>
#include <string>

#include "hop_wire.h"

namespace mehr::link {

class Intruder {
 public:
  explicit Intruder(std::uint64_t seed);
  /// Runs every decision, then checks. @return empty, or what went wrong
  std::string run(ByteView decisions);
  /// Stops interfering and lets a minute pass. @return empty, or which wanted link did not come up
  std::string heal();
  [[nodiscard]] std::uint64_t links_made() const { return counted(border::Counter::kHopLinked); }
  /// Of all three nodes together: what a run has been through.
  [[nodiscard]] std::uint64_t counted(border::Counter counter) const;

 private:
  void step(ByteReader& decisions);
  void deliver(const HopWire::Flight& flight, Duration waited = {});
  void mutate(Bytes& frame, ByteReader& decisions);
  HopNode& node(std::uint8_t choice) { return *nodes_[choice % nodes_.size()]; }
  void talk();
  /// Honest events: everybody talks, changes keys, or one of them gets another address.
  void live(std::uint8_t action, ByteReader& decisions);
  [[nodiscard]] std::string check() const;

  HopNetwork network_;
  std::vector<std::unique_ptr<HopNode>> nodes_;
  std::vector<HopWire::Flight> seen_;
  bool loaded_ = false;  ///< frames wait before they are handled
};

}  // namespace mehr::link
