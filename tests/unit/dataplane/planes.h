// Two gateways that get the same packets: one is the router alone, the other a worker of the
// dataplane with the router behind it, which installs flows and takes what is punted. Compares what
// leaves, what is delivered, and why the rest does not. Owns no traffic. Used by the differential
// test only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/crypto/aead_batch.h"
#include "dataplane/graph.h"
#include "tests/unit/dataplane/rig.h"
#include "tests/unit/routing/world.h"

namespace mehr::dataplane::test {

/// One packet as a neighbour hands it over.
struct Arrival {
  NeighbourIndex from = 0;
  Bytes packet;
  std::uint8_t hop_class = 0x80;
};

/// The dataplane side: a worker whose flows follow a router.
class Accelerated final : public PuntSink, public FrameSink {
 public:
  explicit Accelerated(routing::test::World& world);
  /// Seals the arrivals into frames, runs them as one burst, then takes over changed flows.
  void burst(const std::vector<Arrival>& arrivals);
  void follow_flows();

  struct Left {
    NeighbourIndex to;
    Bytes packet;
    std::uint8_t hop_class;
  };
  std::vector<Left> left;  ///< out of the frames this worker sealed
  std::uint64_t punted = 0;
  [[nodiscard]] const border::Counters& counters() const { return worker_.counters; }

  void stranger(const Frame&) override { ADD_FAILURE() << "every frame is of a session"; }
  void records(NeighbourIndex, ByteView) override { ADD_FAILURE() << "no control records"; }
  void packet(const Packet& packet) override;
  void send(std::span<Frame> frames) override;

 private:
  void install(const Hash16& key, const routing::PathFlow& flow);
  void install(const Hash16& key, const routing::LinkFlow& flow);

  routing::test::World& world_;
  SeededRandom random_{77};
  Flows flows_;
  ReceiveSessions receive_{64};
  PacketDigest digest_{random_};
  SeenFilter seen_{500'000};
  ReverseTable reverse_{200'000, random_, Time{}};
  Policers urgent_;
  Meters metered_in_, metered_out_;
  HeapPool pool_;
  Worker worker_;
  std::vector<std::uint64_t> sequence_;
  std::map<std::tuple<Hash16, NeighbourIndex, bool, std::uint32_t>, std::uint32_t> next_hops_;
  std::map<Hash16, std::uint32_t> links_;
  std::unique_ptr<Burst> burst_ = std::make_unique<Burst>();
};

class Planes {
 public:
  static constexpr NeighbourIndex kNeighbours = 8;
  static constexpr std::uint32_t kMtu = 1'200;

  Planes();
  /// Both get the arrivals; whatever differs is a failure. @return false at the first difference
  bool step(const std::vector<Arrival>& arrivals);
  /// Both get a control record.
  void control(NeighbourIndex from, wire::HopControl type, ByteView body);
  void for_both(const std::function<void(routing::test::World&)>& change);
  /// Moves both clocks.
  void advance(double seconds);

  [[nodiscard]] std::uint64_t count(border::Counter counter) const {
    return alone.counters.value(counter);
  }
  [[nodiscard]] std::uint64_t decided_here(border::Counter counter) const {
    return beside.counters().value(counter);
  }
  static Hash16 own() { return Hash16{{0x42}}; }
  static Hash16 identity_of(NeighbourIndex index) {
    return Hash16{{static_cast<std::uint8_t>(0xA0 + index), 1}};
  }
  static std::string name_of(NeighbourIndex index) { return "N" + std::to_string(index); }

  routing::test::World alone, behind;
  Accelerated beside;

 private:
  [[nodiscard]] bool same_output();
  [[nodiscard]] bool same_counters();
};

}  // namespace mehr::dataplane::test
