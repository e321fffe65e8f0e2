// A running node takes another configuration: interfaces go, come and are made anew, the others do
// not notice. The part of Node that a reload calls.
#include <algorithm>

#include "controlplane/daemon/node.h"
#include "controlplane/log/log.h"

namespace mehr::daemon {
namespace {

constexpr Duration kFarewell = 3s;  // for a radio to be told to stop and streams to empty
// A device or port is free again only once its last user has closed it.
constexpr Duration kSettle = 1s;

std::string name_of(const interface::Interface& interface) {
  std::vector<interface::InterfaceReport> rows;
  interface.report(rows);
  return rows.empty() ? "" : rows.front().name;
}

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

void Node::apply(const config::Difference& change, const config::Config& wanted) {
  for (const auto& name : change.removed)
    retire(name);
  for (const auto& name : change.changed)
    retire(name);
  for (const auto& config : wanted.interfaces) {
    const bool anew = contains(change.changed, config.name);
    // What is only switched off needs nothing to become free.
    if (anew || contains(change.added, config.name)) bring_in(config, anew && config.enabled);
  }
  order_interfaces(wanted);
  turn([this, interval = std::chrono::seconds{wanted.announce_interval_s},
        bytes = wanted.max_message_bytes](Time now) { endpoint_->adjust(interval, bytes, now); });
}

void Node::retire(const std::string& name) {
  const auto found = std::find_if(
      interfaces_.begin(), interfaces_.end(),
      [&](const std::unique_ptr<interface::Interface>& one) { return name_of(*one) == name; });
  if (found == interfaces_.end()) return;
  interface::Interface* const going = found->get();
  retired_.push_back(std::move(*found));
  interfaces_.erase(found);
  retiring_ = true;
  going->stop();
  retiring_ = false;
  turn([this, going](Time) {
    absl::erase_if(owners_, [&](const auto& owner) { return owner.second == going; });
  });
  parts_.reactor.after(kFarewell, [this, going] {
    retiring_ = true;
    std::erase_if(retired_, [&](const auto& one) { return one.get() == going; });
    retiring_ = false;
  });
}

void Node::bring_in(const config::InterfaceConfig& config, bool after_another) {
  interfaces_.push_back(interface::make_interface(config, interface_context()));
  interface::Interface* const made = interfaces_.back().get();
  const auto start = [this, made] {
    // It may have been replaced again meanwhile.
    const bool there = std::any_of(interfaces_.begin(), interfaces_.end(),
                                   [made](const auto& one) { return one.get() == made; });
    if (there && !stopping_) made->start();
  };
  after_another ? static_cast<void>(parts_.reactor.after(kSettle, start)) : start();
}

// People see them in the order of the configuration.
void Node::order_interfaces(const config::Config& wanted) {
  const auto position = [&wanted](const std::unique_ptr<interface::Interface>& one) {
    const std::string name = name_of(*one);
    return std::find_if(wanted.interfaces.begin(), wanted.interfaces.end(),
                        [&](const auto& config) { return config.name == name; }) -
           wanted.interfaces.begin();
  };
  std::stable_sort(interfaces_.begin(), interfaces_.end(),
                   [&](const auto& a, const auto& b) { return position(a) < position(b); });
}

}  // namespace mehr::daemon
