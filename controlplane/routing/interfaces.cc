// Coming and going of interfaces.
#include "controlplane/routing/interfaces.h"

#include "core/base/assert.h"

namespace mehr::routing {

Interface& Interfaces::add(InterfaceId id, const InterfaceTraits& traits, Time now) {
  MEHR_ASSERT(!all_.contains(id));
  Time born = now;
  if (traits.parent.empty()) {
    born = born_.try_emplace(traits.name, now).first->second;
  } else {
    ++servers_[traits.parent].clients;
  }
  by_name_[traits.name] = id;
  auto interface = std::make_unique<Interface>(
      Interface{id, traits, IngressControl(traits.ingress_control, held_capacity_, born),
                AnnounceQueue(queue_capacity_, traits.bitrate_bps, traits.announce_cap),
                Ration{kBadChecksPerSecond, kBadChecksAtOnce}, std::nullopt, HopState{}});
  return *all_.emplace(id, std::move(interface)).first->second;
}

void Interfaces::change(Interface& interface, const InterfaceTraits& traits) {
  const std::string name = interface.traits.name;
  const std::string parent = interface.traits.parent;
  interface.traits = traits;
  // Name and parent are what the interface is; they do not change while it lives.
  interface.traits.name = name;
  interface.traits.parent = parent;
  interface.ingress.set_enabled(traits.ingress_control);
  interface.queue.set_rate(traits.bitrate_bps, traits.announce_cap);
}

void Interfaces::remove(InterfaceId id) {
  const auto it = all_.find(id);
  if (it == all_.end()) return;
  const InterfaceTraits& traits = it->second->traits;
  if (const auto name = by_name_.find(traits.name); name != by_name_.end() && name->second == id) {
    by_name_.erase(name);
  }
  if (const auto server = servers_.find(traits.parent); server != servers_.end()) {
    if (--server->second.clients == 0) servers_.erase(server);
  }
  all_.erase(it);
}

Interface* Interfaces::find(InterfaceId id) {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : it->second.get();
}

const Interface* Interfaces::find(InterfaceId id) const {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : it->second.get();
}

Interface* Interfaces::find_name(const std::string& name) {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : find(it->second);
}

bool Interfaces::may_check(Interface& interface, Time now) {
  const auto server = servers_.find(interface.traits.parent);
  if (server != servers_.end() && !server->second.checks.available(now)) return false;
  return interface.checks.available(now);
}

void Interfaces::check_failed(Interface& interface) {
  const auto server = servers_.find(interface.traits.parent);
  if (server != servers_.end()) server->second.checks.take();
  interface.checks.take();
}

}  // namespace mehr::routing
