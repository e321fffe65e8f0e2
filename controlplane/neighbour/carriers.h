// The seam between what moves frames (interface/hop_udp, hop_tcp, hop_reticulum) and what they mean
// (neighbours.h): carriers come up here, hand in what arrives, and are asked to send. The daemon
// stands between the two with the time. Reactor thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/link/links.h"
#include "controlplane/routing/interface_traits.h"
#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::neighbour {

class Carrier {
 public:
  virtual ~Carrier() = default;
  enum class Sent : std::uint8_t { kSent, kBusy, kTooBig, kNoWay };
  /// False: a frame sent now would wait here; Carriers::writable follows when that changes.
  [[nodiscard]] virtual bool ready() const { return true; }
  /// @param address as in frame(); empty on carriers with one other end
  virtual Sent send(const std::string& address, ByteView frame) = 0;
  /// What arrives through these network devices (their indices) another plane takes: drop it.
  virtual void leave_devices(const std::vector<int>&) {}
};

struct CarrierSetup {
  link::CarrierTraits link;
  /// What the interfaces of its neighbours have in common; `name` is the configured interface,
  /// their parent.
  routing::InterfaceTraits interface;
  /// Frames may be too large for the path: find out what passes. False: link.max_frame always does.
  bool finds_mtu = false;
  std::uint16_t udp_port = 0;  ///< of this host, over UDP
  std::string
      transport;  ///< "udp", "tcp", "reticulum": with the address names a peer to dial again
};

enum class PeerState : std::uint8_t { kLookingUp, kConnecting, kGreeting, kLinked };
/// "looking up", "connecting", "greeting", "linked".
std::string_view peer_state_name(PeerState state);

/// A node to keep a link with, as configured or remembered.
struct PeerReport {
  std::string interface;  ///< the configured interface that dials
  std::string text;       ///< as configured; of a remembered one its address
  std::string transport;
  std::optional<IdentityHash> expected;
  bool remembered = false;
  PeerState state = PeerState::kLookingUp;
  std::uint32_t carrier = 0;  ///< 0: none yet
  std::string address;        ///< where it was found last
  unsigned failures = 0;      ///< in a row
  std::string last_failure;   ///< a sentence; empty when there was none
};

class Carriers {
 public:
  virtual ~Carriers() = default;
  /// `carrier` must stay until carrier_down. @return its number, never 0 and never used again
  virtual std::uint32_t carrier_up(Carrier& carrier, CarrierSetup setup) = 0;
  /// Links over it go down at once.
  virtual void carrier_down(std::uint32_t carrier) = 0;
  /// A frame arrived. @param waited how long the kernel kept it back
  virtual void frame(std::uint32_t carrier, const std::string& from, ByteView frame,
                     Duration waited) = 0;
  /// The path to `to` carries frames of at most `bytes`, as a router says that may lie.
  virtual void path_mtu(std::uint32_t carrier, const std::string& to, std::size_t bytes) = 0;
  virtual void writable(std::uint32_t carrier) = 0;
  virtual void maintain_peer(std::uint32_t carrier, const std::string& address,
                             const std::optional<IdentityHash>& expected) = 0;
  virtual void forget_peer(std::uint32_t carrier, const std::string& address) = 0;
  /// Whether a neighbour is linked over that carrier, at that address if one is given.
  [[nodiscard]] virtual bool linked(std::uint32_t carrier, const std::string& address) const = 0;
  /// Who is linked over a carrier with one other end; nullopt when nobody is.
  [[nodiscard]] virtual std::optional<IdentityHash> neighbour_over(std::uint32_t carrier) const = 0;
  /// What has become of a configured peer, for operators; keyed by interface and text.
  virtual void peer(const PeerReport& report) = 0;
};

}  // namespace mehr::neighbour
