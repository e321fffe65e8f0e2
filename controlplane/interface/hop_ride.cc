// See hop_ride.h.
#include "controlplane/interface/hop_ride.h"

#include <utility>

namespace mehr::interface {
namespace {

constexpr Duration kLook = 1s;
/// A link without a neighbour is kept this long, and eight of its round trips: a handshake takes
/// at most 10 s where answers come at once.
constexpr Duration kAloneMost = 15s;
constexpr int kAloneRoundTrips = 8;

}  // namespace

HopRide::HopRide(const InterfaceContext& context, Port& port, neighbour::CarrierSetup setup,
                 const endpoint::StretchLink& link)
    : context_(context),
      port_(port),
      link_(link.id),
      patience_(kAloneMost + link.rtt * kAloneRoundTrips),
      alone_since_(context.reactor.now()),
      check_(context.reactor),
      end_(context.reactor) {
  carrier_ = context_.carriers->carrier_up(*this, std::move(setup));
}

HopRide::~HopRide() {
  context_.carriers->carrier_down(carrier_);
}

void HopRide::start(std::function<void(std::string)> ended, std::function<void()> linked) {
  ended_ = std::move(ended);
  linked_ = std::move(linked);
  check_.after(kLook, [this] { check(); });
}

void HopRide::dial(const IdentityHash& expected) {
  context_.carriers->maintain_peer(carrier_, "", expected);
}

void HopRide::received(ByteView datagram) {
  port_.heard(datagram.size());
  context_.carriers->frame(carrier_, "", datagram, Duration::zero());
}

neighbour::Carrier::Sent HopRide::send(const std::string&, ByteView frame) {
  if (!context_.stretches->send(link_, frame)) return Sent::kNoWay;
  port_.sent(frame.size());
  return Sent::kSent;
}

void HopRide::check() {
  const Time now = context_.reactor.now();
  if (neighbour()) {
    alone_since_ = now;
    linked_();
  } else if (now >= alone_since_ + patience_) {
    return end("no link came about");
  }
  check_.after(kLook, [this] { check(); });
}

// Through a timer, because whoever called may still need this.
void HopRide::end(std::string reason) {
  check_.cancel();
  end_.after(Duration::zero(), [this, reason = std::move(reason)] {
    const auto call = std::move(ended_);
    if (call) call(reason);
  });
}

}  // namespace mehr::interface
