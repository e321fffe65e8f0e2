// Who else is on the Ethernets and Wi-Fis of this host: the table behind the auto interface, as a
// pure state machine. Tokens come in and make peers, silence takes them away. Owns no socket. One
// an auto interface; reactor thread. Source: reticulum-wire §26.
//
// Bound: kAutoPeersMax, newcomers are refused while it is full; the datagrams remembered as seen
// are the last 48.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::interface {

inline constexpr std::size_t kAutoPeersMax = 256;
inline constexpr Duration kTokenInterval = 1600ms;    ///< to the group, on every device
inline constexpr Duration kAutoJobInterval = 4s;      ///< between two looks at silence and devices
inline constexpr Duration kAutoPeerSilence = 22s;     ///< after which a peer is gone
inline constexpr Duration kReverseInterval = 5200ms;  ///< between tokens to a peer itself

class AutoPeers {
 public:
  enum class Heard : std::uint8_t {
    kNew,       ///< a peer from now on
    kKnown,     ///< still there
    kOwn,       ///< our own token, which the group sends back
    kUnproven,  ///< not the token of that address in this group
    kFull,
  };
  explicit AutoPeers(std::string group) : group_(std::move(group)) {}

  /// The addresses of this host, link-local, as text; one that is new or gone changes nothing else.
  void set_own(std::vector<std::string> addresses) { own_ = std::move(addresses); }
  /// @param from link-local, RFC 5952 text without zone @param device it came by
  Heard token(const std::string& from, const std::string& device, ByteView data, Time now);
  /// A datagram of a peer. @return false: nobody we know, or the same came a moment ago
  bool data(const std::string& from, ByteView datagram, Time now);
  [[nodiscard]] bool knows(const std::string& address) const { return peers_.contains(address); }
  [[nodiscard]] const std::string& device_of(const std::string& address) const {
    return peers_.at(address).device;
  }

  /// Those that have been silent for too long, and forgets them.
  std::vector<std::string> expire(Time now);
  /// Those that came by this device, and forgets them.
  std::vector<std::string> forget_device(const std::string& device);
  /// Whom to send a token of their own now.
  std::vector<std::string> due_for_token(Time now);
  [[nodiscard]] std::size_t size() const { return peers_.size(); }

 private:
  struct Peer {
    std::string device;
    Time heard, told;
  };
  struct Seen {
    Hash32 hash;
    Time until;
  };

  std::string group_;
  std::vector<std::string> own_;
  std::map<std::string, Peer> peers_;
  std::deque<Seen> seen_;
};

}  // namespace mehr::interface
