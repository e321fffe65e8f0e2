// TCP connections that strangers opened and over which no link has come about yet: who has to go
// before the next may come. Pure bookkeeping, bounded by its own limits; owned by HopTcp on the
// reactor's thread.
//
// The oldest goes, not the newest: an honest handshake takes two round trips, so whoever wants to
// keep a neighbour out has to open kPerNetwork connections in that time, again and again; refusing
// the newest would let him in for fifteen seconds with sixteen connections. And it goes from the
// network of the newcomer, or from the one that holds most, so that a flood from one network pushes
// out only its own. A network is an IPv4 /24 or an IPv6 /64: the least that is handed to one
// customer, and what one customer can therefore send from at will.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace mehr::interface {

class Unlinked {
 public:
  static constexpr std::size_t kPerNetwork = 16, kInAll = 256;

  /// @param network as link::SourceLimiter::prefix says it @param id greater than any before
  void add(const std::string& network, std::uint32_t id) {
    networks_[network].push_back(id);
    of_[id] = network;
  }
  /// Linked, or gone.
  void forget(std::uint32_t id) {
    const auto found = of_.find(id);
    if (found == of_.end()) return;
    const auto network = networks_.find(found->second);
    std::erase(network->second, id);
    if (network->second.empty()) networks_.erase(network);
    of_.erase(found);
  }
  /// Who has to go before another of that network fits; ask again after forget().
  [[nodiscard]] std::optional<std::uint32_t> in_the_way(const std::string& network) const {
    const auto found = networks_.find(network);
    if (found != networks_.end() && found->second.size() >= kPerNetwork) {
      return found->second.front();
    }
    return of_.size() >= kInAll ? most_crowded() : std::nullopt;
  }
  /// The oldest of the network that has most.
  [[nodiscard]] std::optional<std::uint32_t> most_crowded() const {
    const std::deque<std::uint32_t>* most = nullptr;
    for (const auto& [network, those] : networks_) {
      if (most == nullptr || those.size() > most->size()) most = &those;
    }
    return most == nullptr ? std::nullopt : std::optional(most->front());
  }
  [[nodiscard]] std::size_t size() const { return of_.size(); }

 private:
  std::map<std::string, std::deque<std::uint32_t>> networks_;  ///< oldest first
  std::map<std::uint32_t, std::string> of_;
};

}  // namespace mehr::interface
