// Counting. See hop_mix.h.
#include "tools/mehr-sim/hop_mix.h"

#include <algorithm>
#include <numeric>

#include "core/crypto/hash.h"

namespace mehr::mehr_sim {

void HopBins::add(const HopBins& other) {
  for (std::size_t i = 0; i < native.size(); ++i) {
    native[i] += other.native[i];
    transit[i] += other.transit[i];
  }
}

std::uint64_t HopBins::natives() const {
  return std::accumulate(native.begin(), native.end(), std::uint64_t{0});
}

std::uint64_t HopBins::packets() const {
  return std::accumulate(transit.begin(), transit.end(), natives());
}

double HopBins::chance() const {
  const std::uint64_t all = packets(), own = natives();
  if (all == 0) return 0;
  return static_cast<double>(std::max(own, all - own)) / static_cast<double>(all);
}

double HopBins::best() const {
  std::uint64_t right = 0;
  for (std::size_t i = 0; i < native.size(); ++i)
    right += std::max(native[i], transit[i]);
  const std::uint64_t all = packets();
  return all == 0 ? 0 : static_cast<double>(right) / static_cast<double>(all);
}

double HopBins::guessed_after(const HopBins& learned) const {
  const bool mostly_native = 2 * learned.natives() > learned.packets();
  std::uint64_t right = 0;
  for (std::size_t i = 0; i < native.size(); ++i) {
    const bool unseen = learned.native[i] + learned.transit[i] == 0;
    const bool guess = unseen ? mostly_native : learned.native[i] > learned.transit[i];
    right += guess ? native[i] : transit[i];
  }
  const std::uint64_t all = packets();
  return all == 0 ? 0 : static_cast<double>(right) / static_cast<double>(all);
}

void HopMix::heard(HostId at, const DestinationHash& address, std::optional<IdentityHash> neighbour,
                   ByteView raw) {
  const auto packet = wire::decode_packet(raw);
  if (!packet || packet->packet_type == wire::PacketType::kAnnounce) return;
  if (packet->destination_type == wire::DestinationType::kPlain) return;
  const auto origin =
      origins_.try_emplace(crypto::packet_hash(raw), neighbour.value_or(IdentityHash{})).first;
  if (!neighbour || packet->destination == address) return;
  HopBins one;
  (origin->second == *neighbour ? one.native : one.transit)[packet->hops] = 1;
  everything_.add(one);
  if (origin->second.is_zero()) return;
  pooled_.add(one);
  links_[{at, *neighbour}].add(one);
}

std::vector<HopBins> HopMix::links() const {
  std::vector<HopBins> out;
  for (const auto& [link, bins] : links_)
    out.push_back(bins);
  return out;
}

}  // namespace mehr::mehr_sim
