// What the hop byte of packets tells a neighbour: counts, as packets arrive over hop links, whether
// each was the sender's own or in transit, and works out how often the best guess from the hop byte
// alone would be right. Knows who wrote what because it sees every arrival everywhere: the first
// one of a packet comes from its originator. Announces name their origin and path requests go to
// everybody, so neither is counted, nor what is addressed to whom it reached. Engine thread.
// Packets that began on a plain interface start at 0 there, as the reference's do, and show by
// their small numbers that they are in transit: SC-124 cannot hide that, so they are counted apart.
// Source: SC-124.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "core/wire/packet.h"
#include "tools/mehr-sim/engine.h"

namespace mehr::mehr_sim {

/// Packets by hop byte.
struct HopBins {
  std::array<std::uint64_t, 256> native{}, transit{};

  void add(const HopBins& other);
  [[nodiscard]] std::uint64_t natives() const;
  [[nodiscard]] std::uint64_t packets() const;
  /// Share of right guesses of who says the same of every packet.
  [[nodiscard]] double chance() const;
  /// The same of who knows the true shares of every hop byte: no guess from it is better.
  [[nodiscard]] double best() const;
  /// The same of who learned the shares elsewhere.
  [[nodiscard]] double guessed_after(const HopBins& learned) const;
};

class HopMix {
 public:
  /// @param neighbour who sent it over a hop link; nullopt over a plain interface
  void heard(HostId at, const DestinationHash& address, std::optional<IdentityHash> neighbour,
             ByteView raw);
  /// Of packets that began on a hop link.
  [[nodiscard]] const HopBins& pooled() const { return pooled_; }
  /// Of those that began on plain interfaces, too.
  [[nodiscard]] const HopBins& everything() const { return everything_; }
  /// As pooled(), one direction of one hop link each.
  [[nodiscard]] std::vector<HopBins> links() const;

 private:
  absl::flat_hash_map<Hash32, IdentityHash> origins_;  ///< zero: not heard over a hop link first
  HopBins pooled_, everything_;
  std::map<std::pair<HostId, IdentityHash>, HopBins> links_;
};

}  // namespace mehr::mehr_sim
