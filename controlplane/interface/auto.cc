// Devices, their three sockets each, and the peers found on them.
#include "controlplane/interface/auto.h"

#include <algorithm>
#include <utility>

#include "core/crypto/auto_discovery.h"

namespace mehr::interface {
namespace {

std::string endpoint(const std::string& address, const std::string& device, std::uint16_t port) {
  return "[" + address + "%" + device + "]:" + std::to_string(port);
}

/// "[fe80::1]:4242" -> "fe80::1"; link-local addresses come without their zone.
std::string host_of(const std::string& from) {
  const auto end = from.rfind("]:");
  return from.starts_with('[') && end != std::string::npos ? from.substr(1, end - 1) : "";
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

Auto::Auto(config::InterfaceConfig config, const InterfaceContext& context)
    : config_(std::move(config)),
      context_(context),
      port_(context_, config_, {config_.name, "auto", "", "", false}),
      group_address_(crypto::auto_group_address(config_.discovery.group)),
      peers_(config_.discovery.group),
      look_(context_.reactor),
      tell_(context_.reactor) {}

void Auto::start() {
  look();
  tell_group();
}

void Auto::stop() {
  look_.cancel();
  tell_.cancel();
  for (const auto& [address, port] : ports_)
    port->set_state(InterfaceState::kDown, "the gateway stops");
  devices_.clear();
  port_.set_state(InterfaceState::kDown, "the gateway stops");
}

bool Auto::wanted(const std::string& device) const {
  const auto& settings = config_.discovery;
  if (device == "lo" || contains(settings.ignored_devices, device)) return false;
  return settings.devices.empty() || contains(settings.devices, device);
}

void Auto::look() {
  look_.after(kAutoJobInterval, [this] { look(); });
  const Time now = context_.reactor.now();
  for (const std::string& address : peers_.expire(now))
    remove(address, "silent");
  trouble_.clear();
  std::map<std::string, std::string> there;
  for (const auto& found : context_.reactor.link_local_addresses()) {
    if (wanted(found.device)) there.emplace(found.device, found.address);
  }
  std::vector<std::string> gone;
  for (const auto& [name, device] : devices_) {
    const auto still = there.find(name);
    if (still == there.end() || still->second != device.address) gone.push_back(name);
  }
  for (const std::string& name : gone)
    leave(name);
  std::vector<std::string> own;
  for (const auto& [name, address] : there) {
    if (!devices_.contains(name)) adopt(name, address);
    own.push_back(address);
  }
  peers_.set_own(std::move(own));
  for (const std::string& address : peers_.due_for_token(now)) {
    const auto device = devices_.find(peers_.device_of(address));
    if (device == devices_.end()) continue;
    const auto port = static_cast<std::uint16_t>(config_.discovery.discovery_port + 1);
    send_token(device->second, device->first, address, port);
  }
  show_state();
}

void Auto::tell_group() {
  tell_.after(kTokenInterval, [this] { tell_group(); });
  for (const auto& [name, device] : devices_)
    send_token(device, name, group_address_, config_.discovery.discovery_port);
}

void Auto::send_token(const Device& device, const std::string& name, const std::string& to,
                      std::uint16_t port) {
  const Hash32 token = crypto::auto_peer_token(config_.discovery.group, device.address);
  // From the discovery socket, so that it comes from the address it is made of.
  device.discovery->send_to(endpoint(to, name, port), token.view());
}

Result<std::unique_ptr<reactor::DatagramPort>> Auto::open_discovery(const std::string& host,
                                                                    std::uint16_t port,
                                                                    const std::string& device) {
  return context_.reactor.open_datagram_port(
      host + "%" + device, port,
      {[this, device](ByteView data, const std::string& from) { token(device, data, from); }, {}});
}

void Auto::adopt(const std::string& name, const std::string& address) {
  const auto& settings = config_.discovery;
  auto group = open_discovery(group_address_, settings.discovery_port, name);
  auto discovery =
      open_discovery(address, static_cast<std::uint16_t>(settings.discovery_port + 1), name);
  auto data = context_.reactor.open_datagram_port(
      address + "%" + name, settings.data_port,
      {[this](ByteView bytes, const std::string& from) { datagram(bytes, from); }, {}});
  for (const auto* const made : {&group, &discovery, &data}) {
    if (made->ok()) continue;
    trouble_ = name + ": " + std::string(made->status().message());
    return;
  }
  devices_[name] = {address, *std::move(group), *std::move(discovery), *std::move(data)};
}

void Auto::leave(const std::string& name) {
  for (const std::string& address : peers_.forget_device(name))
    remove(address, "the device " + name + " is gone");
  devices_.erase(name);
}

void Auto::token(const std::string& device, ByteView data, const std::string& from) {
  const std::string address = host_of(from);
  switch (peers_.token(address, device, data, context_.reactor.now())) {
    case AutoPeers::Heard::kOwn:
    case AutoPeers::Heard::kKnown:
      return;
    case AutoPeers::Heard::kUnproven:
      return context_.counters.add(border::Counter::kAccessWrong);
    case AutoPeers::Heard::kFull:
      return context_.counters.add(border::Counter::kRxClientRefused);
    case AutoPeers::Heard::kNew:
      break;
  }
  const std::string name = config_.name + "/" + device + "/" + address;
  auto port = std::make_unique<Port>(context_, config_,
                                     Port::Names{name, "auto-peer", config_.name, address});
  Port& made = *port;
  addresses_[made.id()] = address;
  ports_[address] = std::move(port);
  made.set_state(InterfaceState::kUp, "");
  show_state();
}

void Auto::datagram(ByteView data, const std::string& from) {
  const std::string address = host_of(from);
  if (!peers_.knows(address)) return context_.counters.add(border::Counter::kRxInterfaceDown);
  if (!peers_.data(address, data, context_.reactor.now())) return;
  ports_.at(address)->received(data);
}

bool Auto::transmit(routing::InterfaceId id, ByteView raw) {
  const auto found = addresses_.find(id);
  if (found == addresses_.end()) return false;
  Port& port = *ports_.at(found->second);
  const auto frame = port.outgoing(raw);
  if (!frame) return true;
  const std::string& name = peers_.device_of(found->second);
  const auto device = devices_.find(name);
  using Sent = reactor::DatagramPort::Sent;
  const Sent sent = device == devices_.end()
                        ? Sent::kNoWay
                        : device->second.data->send_to(
                              endpoint(found->second, name, config_.discovery.data_port), *frame);
  if (sent == Sent::kSent) {
    port.sent(frame->size());
  } else {
    port.dropped(sent == Sent::kTooBig ? border::Counter::kTxTooBig
                                       : border::Counter::kTxQueueFull);
  }
  return true;
}

void Auto::remove(const std::string& address, const std::string& reason) {
  const auto found = ports_.find(address);
  if (found == ports_.end()) return;
  found->second->set_state(InterfaceState::kDown, reason);
  add_traffic(found->second->report(), left_);
  addresses_.erase(found->second->id());
  ports_.erase(found);
}

void Auto::show_state() {
  std::string detail;
  for (const auto& [name, device] : devices_)
    detail += (detail.empty() ? "" : ", ") + name;
  port_.set_detail(detail);
  if (!devices_.empty()) return port_.set_state(InterfaceState::kUp, "");
  port_.set_state(InterfaceState::kDown,
                  trouble_.empty() ? "no network device with an IPv6 link-local address is there; "
                                     "looking again every 4 s"
                                   : trouble_ + "; trying again every 4 s");
}

void Auto::report(std::vector<InterfaceReport>& out) const {
  const std::size_t own = out.size();
  out.push_back(port_.report());
  add_traffic(left_, out[own]);
  for (const auto& [address, port] : ports_) {
    out.push_back(port->report());
    add_traffic(out.back(), out[own]);
  }
}

}  // namespace mehr::interface
