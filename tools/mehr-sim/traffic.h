// The messages people write in a simulation, and what became of each, as seen from outside: the
// ground truth that deliveries are judged by. Engine thread.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "tools/mehr-sim/host.h"

namespace mehr::mehr_sim {

struct Letter {
  HostId from = kNobody, to = kNobody;
  Hash32 id;
  Time sent{};
  std::optional<Time> received;   ///< durable at the receiver
  std::optional<Time> delivered;  ///< the sender saw the proof
  std::optional<Time> failed;
  bool forgotten = false;  ///< the sender died before it was durable there
  bool must_arrive = false;
  std::uint32_t attempts = 0;
  std::uint8_t hops = 0;
  std::string reason;

  [[nodiscard]] bool finished() const { return delivered || failed || forgotten; }
};

struct TrafficTotals {
  std::uint64_t sent = 0, received = 0, delivered = 0, failed = 0, forgotten = 0, open = 0;
};

class Traffic {
 public:
  explicit Traffic(Engine& engine) : engine_(engine) {}

  /// Writes a message now. @param must_arrive nothing is wrong any more: it has to be delivered
  /// @return false when the sender is down or refuses
  bool send(Host& from, const Host& to, std::size_t bytes, bool must_arrive = false);
  /// From the hosts' hooks. @return the letter when its sender just saw the proof
  const Letter* heard(HostId host, const endpoint::Message& message);
  /// A host died: what its disk does not have is forgotten.
  void host_died(Host& host);

  [[nodiscard]] const std::vector<Letter>& letters() const { return letters_; }
  [[nodiscard]] TrafficTotals totals() const;

 private:
  Engine& engine_;
  std::vector<Letter> letters_;
  std::map<Hash32, std::size_t> by_id_;
  std::uint64_t written_ = 0;
};

}  // namespace mehr::mehr_sim
