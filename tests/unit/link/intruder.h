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
  [[nodiscard]] std::uint64_t links_made() const;

 private:
  void step(ByteReader& decisions);
  void deliver(const HopWire::Flight& flight);
  void mutate(Bytes& frame, ByteReader& decisions);
  HopNode& node(std::uint8_t choice) { return *nodes_[choice % nodes_.size()]; }
  void talk();
  [[nodiscard]] std::string check() const;

  HopNetwork network_;
  std::vector<std::unique_ptr<HopNode>> nodes_;
  std::vector<HopWire::Flight> seen_;
};

}  // namespace mehr::link
