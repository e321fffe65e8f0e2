// Two or more nodes' Neighbours in one process with virtual time, and a network between them that
// delays, loses, narrows and moves as the test says.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/neighbour/neighbours.h"
#include "controlplane/signer/local_signer.h"

namespace mehr::neighbour {

class Lab;

struct Packet {
  Bytes raw;
  wire::HopClass traffic;
};

/// One node: a carrier with one address, and what its router would hear.
class LabNode final : public NeighboursSink, public Carrier {
 public:
  LabNode(Lab& lab, std::string address, std::uint64_t seed);

  void up(bool any, const std::vector<IdentityHash>& allowed = {});
  void down();
  void peer(const LabNode& other, std::optional<IdentityHash> expected = std::nullopt);
  [[nodiscard]] IdentityHash identity() const { return signer.identity_hash(); }
  /// The interface of the only neighbour.
  [[nodiscard]] routing::InterfaceId only() const {
    return interfaces.empty() ? routing::InterfaceId{} : interfaces.begin()->first;
  }
  bool send_packet(std::size_t size, wire::HopPriority priority = wire::HopPriority::kP2);

  Sent send(const std::string& to, ByteView frame) override;
  [[nodiscard]] bool ready() const override { return !busy; }

  routing::InterfaceId next_interface_id() override { return {++last_interface}; }
  void neighbour_up(routing::InterfaceId id, const routing::InterfaceTraits& traits) override {
    interfaces[id] = traits;
  }
  void neighbour_changed(routing::InterfaceId id, const routing::InterfaceTraits& t) override {
    interfaces.at(id) = t;
    ++changes;
  }
  void neighbour_down(routing::InterfaceId id, std::string_view reason) override {
    EXPECT_EQ(interfaces.erase(id), 1U);
    ends.emplace_back(reason);
  }
  void neighbour_packet(routing::InterfaceId id, ByteView raw, wire::HopClass traffic) override {
    EXPECT_TRUE(interfaces.contains(id));
    packets.push_back({to_bytes(raw), traffic});
  }
  void neighbour_control(routing::InterfaceId, wire::HopControl type, ByteView body) override {
    controls.emplace_back(type, to_bytes(body));
  }
  void neighbour_queue(routing::InterfaceId, double occupancy, Duration) override {
    occupancies.push_back(occupancy);
  }
  void peer_reached(const RememberedPeer& peer) override { reached.push_back(peer); }

  Lab& lab;
  std::string address;
  SeededRandom random;
  border::Counters counters;
  signer::LocalSigner signer;
  Neighbours neighbours;
  std::uint32_t carrier = 0, last_interface = 0;
  std::uint64_t bitrate_bps = 100'000'000;
  bool fragmentation = true;
  /// As over a Reticulum link: frames of at most that many bytes, and answers that take a while.
  std::optional<std::uint16_t> room;
  Duration round_trip{};
  bool busy = false;
  std::map<routing::InterfaceId, routing::InterfaceTraits> interfaces;
  std::vector<Packet> packets;
  std::vector<std::pair<wire::HopControl, Bytes>> controls;
  std::vector<double> occupancies;
  std::vector<std::string> ends;
  std::vector<RememberedPeer> reached;
  std::size_t changes = 0;
};

class Lab {
 public:
  explicit Lab(std::uint64_t seed = 1) : random(seed), now(Time{} + 1h) {}

  void run(Duration time);
  /// Runs until `met`, at most `limit`. @return whether it was
  bool until(const std::function<bool()>& met, Duration limit = 60s);
  Carrier::Sent carry(const std::string& from, const std::string& to, ByteView frame);

  SeededRandom random;
  Time now;
  Duration latency = 5ms;
  double loss = 0;
  std::size_t mtu = 1'472;         ///< larger datagrams vanish
  std::size_t device_mtu = 1'472;  ///< larger ones are refused on the spot
  bool tells = false;              ///< a router reports what does not pass
  std::uint64_t frames = 0, largest = 0;
  std::map<std::string, LabNode*> nodes;
  std::vector<std::string> trace;  ///< "time from>to size"
  bool tracing = false;

 private:
  struct Flying {
    std::string from, to;
    Bytes frame;
    std::size_t too_big = 0;  ///< a report instead of a frame
  };
  bool step(Time limit);
  std::multimap<Time, Flying> flying_;
};

}  // namespace mehr::neighbour
