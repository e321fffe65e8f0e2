// What happened to the links with each neighbour, for operators: bounded per neighbour and in
// neighbours; who was heard of longest ago is forgotten. Strangers (welcome only because anybody
// is) have a quarter of the places and push out one another, never a neighbour the operator named.
// Pure; reactor thread.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::neighbour {

struct HistoryEvent {
  Time at;
  bool up = false;
  std::string carrier, address, reason;  ///< reason: of a link that went down
};

class History {
 public:
  static constexpr std::size_t kEvents = 64;
  static constexpr std::size_t kNeighbours = 768, kStrangers = 256;

  void add(const IdentityHash& identity, HistoryEvent event, bool stranger);
  /// Oldest first.
  [[nodiscard]] std::vector<HistoryEvent> of(const IdentityHash& identity) const;
  /// Everybody something happened with, in order.
  [[nodiscard]] std::vector<IdentityHash> identities() const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    bool stranger = false;
    std::deque<HistoryEvent> events;
  };
  void make_room(bool stranger);

  std::map<IdentityHash, Entry> entries_;
};

}  // namespace mehr::neighbour
