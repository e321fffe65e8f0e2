// Handshakes this node answered that have not come back with a finish: the only state a stranger
// can make it keep. Owns the bounds on them: so many in all, so many on one carrier, each for so
// long; a new one takes the place of the one that would end first, so that whoever fills the table
// has to keep filling it. Pure; reactor thread. Source: spec/03 §3.2 (floods), §11.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <set>
#include <utility>

#include "controlplane/link/links.h"

namespace mehr::link {

/// A receiver index of ours, and the carrier where it is unique there only (radios).
using HandshakeKey = std::uint64_t;

struct HalfOpen {
  Response response;
  CarrierPath path;
  Time expires;
};

class HalfOpenTable {
 public:
  explicit HalfOpenTable(std::size_t limit) : limit_(limit) {}

  /// @param carrier_limit how many may be open on its carrier @return how many others had to go
  std::size_t add(HandshakeKey index, HalfOpen half, std::size_t carrier_limit);
  [[nodiscard]] HalfOpen* find(HandshakeKey index);
  /// What a hello with this ephemeral key from there began; to answer its repetition the same way.
  [[nodiscard]] const HalfOpen* begun_by(const Hash32& ephemeral, const CarrierPath& path) const;
  [[nodiscard]] bool contains(HandshakeKey index) const { return by_index_.contains(index); }
  [[nodiscard]] std::size_t size() const { return by_index_.size(); }
  void forget(HandshakeKey index);
  void forget_carrier(std::uint32_t carrier);
  /// @return how many ended
  std::size_t expire(Time now);
  /// When the next one ends; Time::max() when there is none.
  [[nodiscard]] Time next_due() const {
    return by_end_.empty() ? Time::max() : by_end_.begin()->first;
  }

 private:
  /// The path belongs to it: who replays a hello from elsewhere must not take its place.
  struct Hello {
    Hash32 ephemeral;
    CarrierPath path;
    bool operator==(const Hello&) const = default;
    template <typename H>
    friend H AbslHashValue(H state, const Hello& hello) {
      return H::combine(std::move(state), hello.ephemeral, hello.path.carrier, hello.path.address);
    }
  };
  /// The one that would end first, of a carrier or of all. The table is not empty.
  [[nodiscard]] HandshakeKey first_to_end(const std::uint32_t* carrier) const;

  std::size_t limit_;
  absl::flat_hash_map<HandshakeKey, HalfOpen> by_index_;
  absl::flat_hash_map<Hello, HandshakeKey> by_hello_;
  absl::flat_hash_map<std::uint32_t, std::size_t> on_carrier_;
  std::set<std::pair<Time, HandshakeKey>> by_end_;
};

}  // namespace mehr::link
