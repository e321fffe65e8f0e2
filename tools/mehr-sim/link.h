// One link of the simulated internet: two directions, each with its own delay, loss, bandwidth and
// queue. Says when something sent now arrives, if at all; carries no bytes itself. Owned by the
// internet; pure but for the randomness handed in.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/random.h"
#include "core/base/time.h"
#include "tools/mehr-sim/trace.h"

namespace mehr::mehr_sim {

using LinkNumber = std::uint32_t;

/// Probabilities are in millionths, so that no rounding differs between machines.
struct LinkQuality {
  Duration latency = 10ms;
  Duration jitter = 1ms;
  std::uint32_t loss_ppm = 0, duplicate_ppm = 0, corrupt_ppm = 0, reorder_ppm = 0;
  std::uint64_t bandwidth_bps = 100'000'000;  ///< 300 .. 10^10
  std::size_t mtu = 1'500;                    ///< IP bytes somewhere in the middle
  bool says_too_big = true;                   ///< false: larger datagrams vanish without a word
};

/// What became of one datagram: up to two copies.
struct Passage {
  struct Copy {
    Time at;
    bool corrupt = false;
  };
  std::array<Copy, 2> copies;
  std::size_t count = 0;
};

class Link {
 public:
  Link(HostId a, HostId b, const LinkQuality& quality);

  [[nodiscard]] HostId host(unsigned side) const { return hosts_[side]; }
  /// Both directions; `side` is the sender's.
  [[nodiscard]] LinkQuality& quality(unsigned side) { return directions_[side].quality; }
  [[nodiscard]] const LinkQuality& quality(unsigned side) const {
    return directions_[side].quality;
  }
  void set_up(unsigned side, bool up) { directions_[side].up = up; }
  [[nodiscard]] bool up(unsigned side) const { return directions_[side].up; }
  /// Whether a conversation is possible: acknowledgements need the other direction.
  [[nodiscard]] bool both_up() const { return up(0) && up(1); }

  /// What waited to be sent is no longer counted: it is sent anew at another speed, or lost.
  void forget_backlog(Time now) {
    for (Direction& direction : directions_)
      direction.free_at = std::min(direction.free_at, now);
  }
  /// @param bytes with headers
  Passage datagram(unsigned side, std::size_t bytes, Time now, Random& random);
  /// When bytes of a stream written now have been sent, and when they are there; losses cost
  /// retransmissions. Not before `previous`.
  struct Sent {
    Time sent, arrives;
  };
  Sent stream(unsigned side, std::size_t bytes, Time previous, Time now, Random& random);
  [[nodiscard]] Duration round_trip() const {
    return directions_[0].quality.latency + directions_[1].quality.latency;
  }

  std::uint64_t datagrams = 0, lost = 0, duplicated = 0, reordered = 0, corrupted = 0,
                queue_full = 0, retransmissions = 0;
  std::array<std::uint64_t, 2> bytes_sent{};

 private:
  struct Direction {
    LinkQuality quality;
    bool up = true;
    Time free_at{}, last_arrival{};
  };
  static Duration time_to_send(const LinkQuality& quality, std::size_t bytes);

  std::array<HostId, 2> hosts_;
  std::array<Direction, 2> directions_;
};

/// "10.0.3.1" is side 0 of link 3; every host has one address a link.
std::string address_of(LinkNumber link, unsigned side);
struct Address {
  LinkNumber link = 0;
  unsigned side = 0;
  std::uint16_t port = 0;
};
/// @param text "10.0.3.1" or "10.0.3.1:4242"; nullopt for anything else
std::optional<Address> address_from(const std::string& text);

/// Draws once: true in `ppm` of a million cases.
inline bool chance(Random& random, std::uint32_t ppm) {
  return ppm > 0 && random.below(1'000'000) < ppm;
}

}  // namespace mehr::mehr_sim
