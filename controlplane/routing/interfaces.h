// The interfaces that are up, each with what the router keeps per interface: ingress control, the
// announce queue, the ration of signature checks, the tunnel on it. Owns their order (by id, so
// that broadcasts leave in the same order everywhere). Called by the router on its thread.
//
// Rations: an interface may cost 100 signature checks a second (400 at once), and all clients of
// one server together 400 (1,600 at once): at about 50 us each, a flood of bad signatures takes 0.5
// % of a core per wire and 2 % per server, while real announces come at a fraction of that.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include <memory>
#include <optional>
#include <string>

#include "controlplane/routing/announce_queue.h"
#include "controlplane/routing/ingress.h"
#include "controlplane/routing/interface_traits.h"

namespace mehr::routing {

inline constexpr double kChecksPerSecond = 100;
inline constexpr double kChecksAtOnce = 400;
inline constexpr double kServerChecksPerSecond = 400;
inline constexpr double kServerChecksAtOnce = 1'600;

struct Interface {
  InterfaceId id;
  InterfaceTraits traits;
  IngressControl ingress;
  AnnounceQueue queue;
  Ration checks{kChecksPerSecond, kChecksAtOnce};
  std::optional<Hash32> tunnel;
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
  /// Takes one signature check from the rations of the interface and its server.
  bool may_check(Interface& interface, Time now);

  auto begin() { return all_.begin(); }
  auto end() { return all_.end(); }
  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }

 private:
  struct Server {
    std::size_t clients = 0;
    Ration checks{kServerChecksPerSecond, kServerChecksAtOnce};
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
