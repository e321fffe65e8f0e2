// Our own XDP program on a device that net_af_xdp serves: hop frames (UDP to our port, not
// fragmented, or our EtherType; one VLAN tag is understood) go to the port, everything else to the
// kernel, which keeps the device, its addresses, ARP and SSH. Owns the program while it is
// attached. The driver's own program, which takes every frame, is replaced as soon as the port has
// started. Main thread.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "dataplane/stages/carrier.h"

namespace mehr::dataplane {

class XdpFilter {
 public:
  /// @param interface index of the device, with the port on it started
  /// Takes off the program a process that was killed left on the device, so that ports can be
  /// opened on it again.
  static void remove_stale(const std::string& device);
  static Result<std::unique_ptr<XdpFilter>> attach(int interface, const CarrierFilter& filter);
  /// Takes the program off the device.
  ~XdpFilter();
  XdpFilter(const XdpFilter&) = delete;
  XdpFilter& operator=(const XdpFilter&) = delete;

 private:
  XdpFilter(int interface, std::uint32_t flags, int program)
      : interface_(interface), flags_(flags), program_(program) {}
  int interface_;
  std::uint32_t flags_;
  int program_;
};

}  // namespace mehr::dataplane
