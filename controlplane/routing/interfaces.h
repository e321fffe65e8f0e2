// The interfaces that are up, each with what the router keeps per interface: ingress control, the
// announce queue, the ration of signature checks, the tunnel on it. Owns their order (by id, so
// that broadcasts leave in the same order everywhere). Called by the router on its thread.
//
// Rations: an interface may bring 100 bad signatures a second (400 at once), all clients of one
// server together 400 (1,600 at once); beyond that nothing of theirs is checked for the moment. At
// about 50 us a check such a flood takes 0.5 % of a core per wire and 2 % per server. Good
// signatures cost their sender as much as us and are not counted.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include <memory>
#include <optional>
#include <string>

#include "controlplane/routing/announce_queue.h"
#include "controlplane/routing/hop_state.h"
#include "controlplane/routing/ingress.h"
#include "controlplane/routing/interface_traits.h"

namespace mehr::routing {

inline constexpr double kBadChecksPerSecond = 100;
inline constexpr double kBadChecksAtOnce = 400;
inline constexpr double kServerBadChecksPerSecond = 400;
inline constexpr double kServerBadChecksAtOnce = 1'600;

struct Interface {
  InterfaceId id;
  InterfaceTraits traits;
  IngressControl ingress;
  AnnounceQueue queue;
  Ration checks{kBadChecksPerSecond, kBadChecksAtOnce};
  std::optional<Hash32> tunnel;
  HopState hop;
};

class Interfaces {
 public:
  Interfaces(std::size_t held_announces, std::size_t queued_announces)
      : held_capacity_(held_announces), queue_capacity_(queued_announces) {}

  Interface& add(InterfaceId id, const InterfaceTraits& traits, Time now);
  void change(Interface& interface, const InterfaceTraits& traits);
  void remove(InterfaceId id);
  Interface* find(InterfaceId id);
  [[nodiscard]] const Interface* find(InterfaceId id) const;
  Interface* find_name(const std::string& name);
  /// Whether another signature of this interface may be checked.
  bool may_check(Interface& interface, Time now);
  /// A check failed: takes one from the rations of the interface and its server.
  void check_failed(Interface& interface);

  auto begin() { return all_.begin(); }
  auto end() { return all_.end(); }
  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }

 private:
  struct Server {
    std::size_t clients = 0;
    Ration checks{kServerBadChecksPerSecond, kServerBadChecksAtOnce};
  };

  std::size_t held_capacity_;
  std::size_t queue_capacity_;
  absl::btree_map<InterfaceId, std::unique_ptr<Interface>> all_;
  absl::flat_hash_map<std::string, InterfaceId> by_name_;
  absl::flat_hash_map<std::string, Server> servers_;
  /// When a configured interface first came up: a reconnect does not make it new again.
  absl::flat_hash_map<std::string, Time> born_;
};

}  // namespace mehr::routing
