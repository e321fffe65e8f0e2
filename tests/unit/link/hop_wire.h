// Whole nodes' link layers on a wire in memory where every frame can be seen, lost, changed, kept
// and sent again. Shared by the tests of links, the intruder and its fuzz target.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "controlplane/link/links.h"
#include "controlplane/signer/local_signer.h"
#include "core/crypto/identity.h"

namespace mehr::link {

struct HopNode;

struct HopWire {
  struct Flight {
    std::string from, to;
    Bytes frame;
  };
  std::deque<Flight> flights;
  std::map<std::string, HopNode*> nodes;
  /// Address translation: what a node's frames seem to come from, and whose frames to there are.
  std::map<std::string, std::string> outside_of;

  [[nodiscard]] std::string seen_from(const std::string& address) const {
    const auto found = outside_of.find(address);
    return found == outside_of.end() ? address : found->second;
  }
  [[nodiscard]] HopNode* node_at(const std::string& address) const {
    for (const auto& [inside, outside] : outside_of) {
      if (outside == address) return node_at(inside);
    }
    const auto found = nodes.find(address);
    return found == nodes.end() ? nullptr : found->second;
  }
};

struct HopNode final : LinksSink {
  HopWire& wire;
  std::string address;
  SeededRandom random;
  border::Counters counters;
  signer::LocalSigner signer;
  Links links;
  std::map<std::uint32_t, NeighbourReport> up;
  std::vector<std::string> downs;
  std::vector<Bytes> records;
  std::vector<IdentityHash> record_senders;

  static LinksConfig any_peer() {
    LinksConfig config;
    config.policy.any = true;
    return config;
  }

  HopNode(HopWire& w, std::string at, std::uint64_t seed, LinksConfig config = any_peer())
      : wire(w),
        address(std::move(at)),
        random(seed),
        signer(crypto::PrivateIdentity::generate(random)),
        links(std::move(config), *this, signer, random, counters) {
    wire.nodes[address] = this;
    links.carrier_up(0, {.name = "udp"}, Time{1s});
  }
  ~HopNode() override {
    if (wire.nodes[address] == this) wire.nodes.erase(address);
  }
  HopNode(const HopNode&) = delete;
  HopNode& operator=(const HopNode&) = delete;

  void send(const CarrierPath& path, ByteView frame) override {
    wire.flights.push_back({wire.seen_from(address), path.address, to_bytes(frame)});
  }
  void neighbour_up(const NeighbourReport& neighbour) override {
    up[neighbour.id.value] = neighbour;
  }
  void neighbour_down(NeighbourId id, const IdentityHash&, std::string_view reason) override {
    up.erase(id.value);
    downs.emplace_back(reason);
  }
  void record(NeighbourId from, const wire::HopRecord& record) override {
    records.push_back(to_bytes(record.body));
    record_senders.push_back(up.at(from.value).identity);
  }
  [[nodiscard]] const IdentityHash& id() const { return signer.identity_hash(); }
};

struct HopNetwork {
  HopWire wire;
  Time now{100s};
  SeededRandom chance{1234};
  int loss_percent = 0;

  /// Delivers what is on the wire, and what that causes, at the present moment.
  void deliver_all(Duration waited = Duration{});
  /// Lets time pass: timers fire when due, frames arrive at once.
  void run(Duration time);
};

/// One record of the given body in the default class.
Bytes packet_record(std::string_view body);

}  // namespace mehr::link
