// A socket, opened again every 5 s while it cannot be had, and peers whose names are looked up
// again while they are not linked. See hop_udp.h.
#include "controlplane/interface/hop_udp.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace mehr::interface {
namespace {

/// A datagram holds 65,507 bytes over IPv4.
constexpr std::uint16_t kMostFrame = 65'507;
/// Names of peers without a link are looked up this often.
constexpr Duration kLookAgain = 30s;

/// Of "192.0.2.1:4343" or "[2001:db8::1]:4343".
std::uint16_t port_of(const std::string& address) {
  const auto colon = address.rfind(':');
  return colon == std::string::npos
             ? std::uint16_t{0}
             : static_cast<std::uint16_t>(std::strtoul(address.c_str() + colon + 1, nullptr, 10));
}

}  // namespace

HopUdp::HopUdp(config::InterfaceConfig config, const InterfaceContext& context)
    : config_(std::move(config)),
      context_(context),
      port_(context_, config_, hop_names(config_)),
      retry_(context_.reactor),
      again_(context_.reactor) {
  for (HopTarget& target : hop_targets(config_))
    targets_.push_back({std::move(target), nullptr, ""});
}

HopUdp::~HopUdp() {
  close();
}

std::string HopUdp::local_address() const {
  return socket_ ? socket_->local_address() : "";
}

void HopUdp::start() {
  open();
}

Result<std::unique_ptr<reactor::DatagramPort>> HopUdp::open_port() {
  reactor::DatagramPortEvents events;
  events.received = [this](ByteView data, const std::string& from) {
    port_.heard(data.size());
    context_.carriers->frame(carrier_, from, data, socket_ ? socket_->waited() : Duration::zero());
  };
  events.path_mtu = [this](const std::string& to, std::size_t bytes) {
    context_.carriers->path_mtu(carrier_, to, bytes);
  };
  if (config_.hop.listen) {
    return context_.reactor.open_datagram_port(config_.listen_host, config_.listen_port, events);
  }
  // Any free port; both families where the host has them.
  auto both = context_.reactor.open_datagram_port("::", 0, events);
  return both.ok() ? std::move(both) : context_.reactor.open_datagram_port("0.0.0.0", 0, events);
}

void HopUdp::open() {
  auto made = open_port();
  if (!made.ok()) {
    port_.set_state(InterfaceState::kDown,
                    std::string(made.status().message()) + "; trying again every 5 s");
    retry_.after(kHopOpenRetry, [this] { open(); });
    return;
  }
  socket_ = *std::move(made);
  port_.set_detail("udp " + socket_->local_address());
  port_.set_state(InterfaceState::kUp, "");
  neighbour::CarrierSetup setup = hop_carrier(config_, kMostFrame);
  setup.udp_port = port_of(socket_->local_address());
  carrier_ = context_.carriers->carrier_up(*this, std::move(setup));
  for (std::size_t i = 0; i < targets_.size(); ++i)
    look_up(i);
  if (!targets_.empty()) again_.after(kLookAgain, [this] { look_again(); });
}

neighbour::Carrier::Sent HopUdp::send(const std::string& address, ByteView frame) {
  if (!socket_) return Sent::kNoWay;
  switch (socket_->send_to(address, frame)) {
    case reactor::DatagramPort::Sent::kSent:
      port_.sent(frame.size());
      return Sent::kSent;
    case reactor::DatagramPort::Sent::kQueueFull:
      return Sent::kBusy;
    case reactor::DatagramPort::Sent::kTooBig:
      return Sent::kTooBig;
    case reactor::DatagramPort::Sent::kNoWay:
      break;
  }
  return Sent::kNoWay;
}

void HopUdp::leave_devices(const std::vector<int>& devices) {
  if (socket_) socket_->leave_devices(devices);
}

// --- peers ---

void HopUdp::look_up(std::size_t index) {
  Target& target = targets_[index];
  target.lookup =
      context_.reactor.resolve(target.peer.host, target.peer.port,
                               [this, index](const Result<std::vector<std::string>>& addresses) {
                                 found(index, addresses);
                               });
  if (target.address.empty()) {
    target.report.state = neighbour::PeerState::kLookingUp;
    context_.carriers->peer(target.report);
  }
}

bool HopUdp::reachable(const std::string& address) const {
  const bool both = socket_->local_address().starts_with('[');
  return both || !address.starts_with('[');
}

void HopUdp::found(std::size_t index, const Result<std::vector<std::string>>& addresses) {
  Target& target = targets_[index];
  const auto lookup = std::exchange(target.lookup, nullptr);
  if (!socket_) return;
  const bool any = addresses.ok();
  auto wanted = any ? std::find_if(addresses->begin(), addresses->end(),
                                   [this](const std::string& one) { return reachable(one); })
                    : std::vector<std::string>::const_iterator{};
  if (!any || wanted == addresses->end()) {
    ++target.report.failures;
    target.report.last_failure = any ? "no address of " + target.peer.host +
                                           " can be reached from " + socket_->local_address()
                                     : std::string(addresses.status().message());
    return context_.carriers->peer(target.report);
  }
  // With several addresses the next one gets its turn while the last does not answer.
  const auto last = std::find(addresses->begin(), addresses->end(), target.address);
  if (last != addresses->end()) {
    const auto next = std::find_if(last + 1, addresses->end(),
                                   [this](const std::string& one) { return reachable(one); });
    if (next != addresses->end()) wanted = next;
  }
  if (target.address == *wanted) return;
  if (!target.address.empty()) context_.carriers->forget_peer(carrier_, target.address);
  target.address = target.report.address = *wanted;
  target.report.carrier = carrier_;
  target.report.state = neighbour::PeerState::kGreeting;
  target.report.failures = 0;
  context_.carriers->peer(target.report);
  context_.carriers->maintain_peer(carrier_, target.address, target.peer.identity);
}

void HopUdp::look_again() {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const Target& target = targets_[i];
    const bool linked =
        !target.address.empty() && context_.carriers->linked(carrier_, target.address);
    if (!linked && target.lookup == nullptr) look_up(i);
  }
  again_.after(kLookAgain, [this] { look_again(); });
}

void HopUdp::close() {
  if (carrier_ != 0) context_.carriers->carrier_down(std::exchange(carrier_, 0));
  for (Target& target : targets_) {
    target.lookup.reset();
    target.address.clear();
  }
  socket_.reset();
}

void HopUdp::stop() {
  retry_.cancel();
  again_.cancel();
  close();
  port_.set_state(InterfaceState::kDown, "the gateway stops");
}

}  // namespace mehr::interface
