// The life of tunnels.
#include "controlplane/routing/tunnels.h"

#include <algorithm>

namespace mehr::routing {
namespace {

constexpr Duration kTunnelLife = 8h;
// A change is reported soon, since until then a crash loses it; a report holds the whole set, so a
// large one comes rarely: about 64 paths a second at most.
constexpr Duration kReportAfter = 1s;
constexpr Duration kReportPerPath = 15ms;

}  // namespace

Tunnels::Appearance Tunnels::appear(const Hash32& id, InterfaceId interface, Time now) {
  Appearance result;
  auto it = tunnels_.find(id);
  if (it == tunnels_.end()) {
    if (tunnels_.size() >= capacity_) {
      result.evicted = first_ending();
      if (!result.evicted) return result;
      erase(*result.evicted);
    }
    it = tunnels_.emplace(id, Tunnel{std::nullopt, now + kTunnelLife, {}}).first;
    deadlines_.add(now + kTunnelLife, id);
    if (deadlines_.bloated(tunnels_.size())) {
      deadlines_.clear();
      for (const auto& [key, tunnel] : tunnels_)
        deadlines_.add(tunnel.expires, key);
    }
  }
  Tunnel& tunnel = it->second;
  if (tunnel.interface && *tunnel.interface != interface) result.moved_from = tunnel.interface;
  tunnel.interface = interface;
  tunnel.expires = now + kTunnelLife;
  stored_ -= tunnel.paths.size();
  for (PathEntry& path : tunnel.paths) {
    if (now <= std::max(path.learned, path.last_used) + kTunnelLife) {
      result.paths.push_back(std::move(path));
    }
  }
  tunnel.paths = {};
  result.accepted = true;
  return result;
}

void Tunnels::detach(const Hash32& id, std::vector<PathEntry> paths, Time now) {
  const auto it = tunnels_.find(id);
  if (it == tunnels_.end()) return;
  if (paths.empty()) {
    erase(id);
    return;
  }
  const std::size_t room =
      std::min(paths_per_tunnel_, paths_total_ - std::min(paths_total_, stored_));
  if (paths.size() > room) paths.resize(room);
  stored_ += paths.size();
  it->second.interface.reset();
  it->second.paths = std::move(paths);
  it->second.expires = now + kTunnelLife;
}

void Tunnels::touched(const Hash32& id, Time now) {
  const auto it = tunnels_.find(id);
  if (it == tunnels_.end()) return;
  it->second.expires = now + kTunnelLife;
  if (it->second.report_queued) return;
  it->second.report_queued = true;
  const auto paths = static_cast<Duration::rep>(it->second.reported_paths);
  reports_.add(now + kReportAfter + kReportPerPath * paths, id);
}

bool Tunnels::restore(TunnelEntry tunnel, Time now) {
  if (now > tunnel.expires || tunnels_.contains(tunnel.id) || tunnels_.size() >= capacity_) {
    return false;
  }
  const std::size_t room =
      std::min(paths_per_tunnel_, paths_total_ - std::min(paths_total_, stored_));
  if (tunnel.paths.size() > room) tunnel.paths.resize(room);
  if (tunnel.paths.empty()) return false;
  stored_ += tunnel.paths.size();
  deadlines_.add(tunnel.expires, tunnel.id);
  tunnels_.emplace(tunnel.id, Tunnel{std::nullopt, tunnel.expires, std::move(tunnel.paths)});
  return true;
}

void Tunnels::reported(const Hash32& id, std::size_t paths) {
  const auto it = tunnels_.find(id);
  if (it != tunnels_.end()) it->second.reported_paths = paths;
}

std::vector<Hash32> Tunnels::take_reports(Time now) {
  std::vector<Hash32> due;
  reports_.run(now, [&](const Hash32& id) -> std::optional<Time> {
    const auto it = tunnels_.find(id);
    if (it == tunnels_.end() || !it->second.report_queued) return std::nullopt;
    it->second.report_queued = false;
    due.push_back(id);
    return std::nullopt;
  });
  return due;
}

std::optional<TunnelEntry> Tunnels::entry(const Hash32& id) const {
  const auto it = tunnels_.find(id);
  if (it == tunnels_.end()) return std::nullopt;
  return TunnelEntry{id, it->second.expires, it->second.paths};
}

std::optional<InterfaceId> Tunnels::interface_of(const Hash32& id) const {
  const auto it = tunnels_.find(id);
  return it == tunnels_.end() ? std::nullopt : it->second.interface;
}

void Tunnels::expire(Time now, const std::function<void(const Hash32&)>& ended) {
  deadlines_.run(now, [&](const Hash32& id) -> std::optional<Time> {
    const auto it = tunnels_.find(id);
    if (it == tunnels_.end()) return std::nullopt;
    // As long as the connection stands, so does the tunnel.
    if (it->second.interface) return now + kTunnelLife;
    if (now <= it->second.expires) return it->second.expires;
    erase(id);
    ended(id);
    return std::nullopt;
  });
}

void Tunnels::erase(const Hash32& id) {
  const auto it = tunnels_.find(id);
  stored_ -= it->second.paths.size();
  tunnels_.erase(it);
}

std::optional<Hash32> Tunnels::first_ending() const {
  std::optional<Hash32> first;
  Time ends = kNever;
  for (const auto& [id, tunnel] : tunnels_) {
    if (tunnel.interface || tunnel.expires >= ends) continue;
    first = id;
    ends = tunnel.expires;
  }
  return first;
}

}  // namespace mehr::routing
