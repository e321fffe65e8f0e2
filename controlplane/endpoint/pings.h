// Pings of the operator: random bytes to a destination, and the time until its proof. At most
// kMaxPings at a time; more are refused. Reactor thread. Source: reticulum-wire §13, §29.
#pragma once

#include <functional>
#include <list>

#include "controlplane/endpoint/peers.h"
#include "controlplane/endpoint/receipts.h"

namespace mehr::endpoint {

class Pings {
 public:
  using Done = std::function<void(const PingResult&)>;

  Pings(Context& context, Peers& peers, Receipts& receipts);

  void start(const DestinationHash& destination, std::size_t payload_bytes, Duration timeout,
             Done done);
  void announce_heard(const DestinationHash& destination);
  void tick();
  [[nodiscard]] Time next_due() const;

 private:
  struct Ping {
    std::uint64_t number = 0;
    DestinationHash destination;
    std::size_t payload_bytes = 0;
    Time deadline, next_request;
    bool sent = false;
    std::size_t wire_bytes = 0;
    Done done;
  };
  void try_send(Ping& ping);
  void finish(std::list<Ping>::iterator at, const PingResult& result);
  void proved(std::uint64_t number, const ProofSeen& proof);

  Context& context_;
  Peers& peers_;
  Receipts& receipts_;
  std::list<Ping> pings_;
  std::uint64_t last_number_ = 0;
};

}  // namespace mehr::endpoint
