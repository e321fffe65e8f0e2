// The announces waiting to be sent: relays of accepted announces (twice, 5.5 s apart, unless others
// are heard passing them on) and answers to path requests. Owns the timers and the one-second check
// grid; how a packet looks and where it may go is the router's.
//
// Bound: RouterLimits::announce_entries for each of the two, shared fairly by interface
// (fair_table.h). Source: reticulum-wire §8, §10.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "controlplane/routing/announce_queue.h"
#include "controlplane/routing/fair_table.h"
#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::routing {

struct AnnounceRelay {
  SharedPacket packet;  ///< finished, header type 2
  std::uint8_t hops = 0;
  std::uint64_t emitted = 0;
  Time due{};
  bool once = false;  ///< not a second time
};

/// One thing the announce check wants sent.
struct DueAnnounce {
  DestinationHash destination;
  std::optional<InterfaceId> only;  ///< an answer to a path request seen there
  SharedPacket packet;              ///< null for an answer: made from the path as it is now
  std::uint8_t hops = 0;
  std::uint64_t emitted = 0;
};

class AnnounceTable {
 public:
  explicit AnnounceTable(std::size_t capacity) : relays_(capacity), answers_(capacity) {}

  /// Replaces a waiting relay of the same destination. @return false when there is no room
  bool relay(const DestinationHash& destination, InterfaceId from, AnnounceRelay relay);
  /// An answer already waiting for the same interface keeps its time. @return false without room
  bool answer(const DestinationHash& destination, InterfaceId to, Time due);
  /// A valid announce with header type 2 was heard; ends the relay when it has been passed on.
  /// @param hops counted for our reception
  void heard_relayed(const DestinationHash& destination, std::uint8_t hops, Time now);
  void forget(const DestinationHash& destination) { relays_.erase(destination); }
  /// Answers to an interface that is gone.
  void forget_interface(InterfaceId interface);

  /// Runs the check if it is due; what is to be sent, in the order it was put in.
  std::vector<DueAnnounce> check(Time now);
  [[nodiscard]] Time next_due() const;
  [[nodiscard]] std::size_t size() const { return relays_.size() + answers_.size(); }

 private:
  struct Waiting {
    AnnounceRelay relay;
    std::uint8_t sent = 0;
    std::uint8_t heard = 0;
    std::uint64_t sequence = 0;
  };
  struct AnswerKey {
    DestinationHash destination;
    InterfaceId to;
    auto operator<=>(const AnswerKey&) const = default;
    template <typename H>
    friend H AbslHashValue(H state, const AnswerKey& key) {
      return H::combine(std::move(state), key.destination, key.to);
    }
  };
  struct Answer {
    Time due;
    std::uint64_t sequence = 0;
  };

  void drop_answer(const AnswerKey& key);
  void count_down(const DestinationHash& destination);

  FairTable<DestinationHash, Waiting> relays_;
  FairTable<AnswerKey, Answer> answers_;
  absl::flat_hash_map<DestinationHash, std::uint32_t> answers_of_;
  std::uint64_t sequence_ = 0;
  Time earliest_ = kNever;
  std::optional<Time> last_check_;
};

}  // namespace mehr::routing
