// One Reticulum link as a carrier of hop links: a frame is a link packet. Its other end is who the
// hop handshake finds there. Reactor thread; owned by HopReticulum.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "controlplane/interface/alarm.h"
#include "controlplane/interface/interface.h"
#include "controlplane/interface/port.h"
#include "controlplane/interface/stretch_links.h"
#include "controlplane/neighbour/carriers.h"

namespace mehr::interface {

class HopRide final : private neighbour::Carrier {
 public:
  /// Comes up as a carrier at once. @param port the row its frames are counted in
  HopRide(const InterfaceContext& context, Port& port, neighbour::CarrierSetup setup,
          const endpoint::StretchLink& link);
  HopRide(const HopRide&) = delete;
  HopRide& operator=(const HopRide&) = delete;
  ~HopRide() override;

  /// `ended` is called once, later, with a sentence; it may destroy this. `linked` is called every
  /// few seconds while there is a neighbour.
  void start(std::function<void(std::string)> ended, std::function<void()> linked);
  /// Greets the other end. @param expected nobody else is accepted
  void dial(const IdentityHash& expected);
  void received(ByteView datagram);
  /// The Reticulum link is gone, or shall be.
  void end(std::string reason);

  [[nodiscard]] std::uint32_t carrier() const { return carrier_; }
  /// Who is linked over it.
  [[nodiscard]] std::optional<IdentityHash> neighbour() const {
    return context_.carriers->neighbour_over(carrier_);
  }

 private:
  Sent send(const std::string& address, ByteView frame) override;
  void check();

  InterfaceContext context_;
  Port& port_;
  LinkId link_;
  Duration patience_;
  std::function<void(std::string)> ended_;
  std::function<void()> linked_;
  std::uint32_t carrier_ = 0;
  Time alone_since_;
  Alarm check_, end_;
};

}  // namespace mehr::interface
