// An interface of the gateway: frames on one side, packets on the other. One kind a file (tcp, udp,
// rnode); access codes are applied here, between framing and router. Reactor thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/neighbour/carriers.h"
#include "controlplane/reactor/reactor.h"
#include "controlplane/routing/router.h"
#include "core/border/counters.h"
#include "core/config/config.h"

namespace mehr::interface {

enum class InterfaceState : std::uint8_t { kStarting, kUp, kDown, kDisabled };
std::string_view state_name(InterfaceState state);  ///< "starting", "up", "down", "disabled"

/// What a radio says of itself; absent fields were never reported.
struct RadioReport {
  std::string firmware;                    ///< "1.86"
  std::string platform;                    ///< "ESP32"
  std::optional<double> rssi_dbm, snr_db;  ///< of the last packet
  std::optional<double> airtime_short_percent, airtime_long_percent;
  std::optional<double> channel_load_short_percent, channel_load_long_percent;
  std::optional<double> noise_floor_dbm;
  std::optional<int> battery_percent;
  std::optional<double> temperature_c;
  double airtime_sent_seconds = 0;  ///< computed from what we sent
};

/// One living interface, for `mehr interface` and `mehr status`.
struct InterfaceReport {
  routing::InterfaceId id;
  std::string name, kind, parent, detail;  ///< detail: address, device, peer
  std::string mode;
  InterfaceState state = InterfaceState::kStarting;
  std::string reason;  ///< why it is not up: one sentence an operator can act on
  Duration state_age{};
  std::uint64_t bitrate_bps = 0;
  std::uint32_t mtu = 0;
  bool access_code = false;
  std::uint64_t rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0, tx_dropped = 0;
  std::size_t queued_bytes = 0;
  std::optional<RadioReport> radio;
};

/// What interfaces tell the daemon. `up` comes before the first packet, `down` after the last.
class InterfaceEvents {
 public:
  virtual ~InterfaceEvents() = default;
  virtual routing::InterfaceId next_interface_id() = 0;
  virtual void up(routing::InterfaceId id, const routing::InterfaceTraits& traits) = 0;
  virtual void changed(routing::InterfaceId id, const routing::InterfaceTraits& traits) = 0;
  virtual void down(routing::InterfaceId id, std::string_view reason) = 0;
  virtual void packet(routing::InterfaceId id, ByteView raw,
                      const routing::SignalReport& signal) = 0;
  /// Every change of state, once each, for the log.
  virtual void state(std::string_view name, InterfaceState state, std::string_view reason) = 0;
};

/// A configured interface; a TCP server owns the interfaces of its clients.
class Interface {
 public:
  virtual ~Interface() = default;
  /// Starts trying; never fails for good: a missing device or taken port is a state and is retried.
  virtual void start() = 0;
  /// Sends one packet on `id` (this interface or one of its clients). False when `id` is not its
  /// own.
  virtual bool transmit(routing::InterfaceId id, ByteView raw) = 0;
  /// This interface and, for servers, each client.
  virtual void report(std::vector<InterfaceReport>& out) const = 0;
  /// Orderly end: radio off, streams finished.
  virtual void stop() = 0;
};

class StretchLinks;

/// What programs that use this host's shared instance may ask besides sending packets.
class ProgramCalls {
 public:
  virtual ~ProgramCalls() = default;
  /// @param call one MessagePack value from a program that has the key @return one to send back
  virtual Bytes answer(ByteView call) = 0;
};

struct InterfaceContext {
  reactor::Reactor& reactor;
  InterfaceEvents& events;
  border::Counters& counters;
  Random& random;
  neighbour::Carriers* carriers = nullptr;  ///< what hop interfaces report to; they need it
  StretchLinks* stretches = nullptr;        ///< and those over Reticulum links what they ride in
  ProgramCalls* calls = nullptr;            ///< for the local interface; none: nobody may ask
};

/// Makes the interface its configuration names.
std::unique_ptr<Interface> make_interface(const config::InterfaceConfig& config,
                                          InterfaceContext context);

}  // namespace mehr::interface
