// Tokens are checked against the address they came from, which is all they prove.
#include "controlplane/interface/auto_peers.h"

#include <algorithm>

#include "core/crypto/auto_discovery.h"
#include "core/crypto/hash.h"

namespace mehr::interface {
namespace {

constexpr std::size_t kSeenMax = 48;
constexpr Duration kSeenFor = 750ms;  // of a peer on two devices, the same comes twice

}  // namespace

AutoPeers::Heard AutoPeers::token(const std::string& from, const std::string& device, ByteView data,
                                  Time now) {
  if (std::find(own_.begin(), own_.end(), from) != own_.end()) return Heard::kOwn;
  if (data.size() < Hash32::kSize) return Heard::kUnproven;
  const Hash32 expected = crypto::auto_peer_token(group_, from);
  if (!std::equal(expected.bytes.begin(), expected.bytes.end(), data.begin())) {
    return Heard::kUnproven;
  }
  if (const auto known = peers_.find(from); known != peers_.end()) {
    known->second.heard = now;
    return Heard::kKnown;
  }
  if (peers_.size() >= kAutoPeersMax) return Heard::kFull;
  peers_[from] = {device, now, now};
  return Heard::kNew;
}

bool AutoPeers::data(const std::string& from, ByteView datagram, Time now) {
  const auto peer = peers_.find(from);
  if (peer == peers_.end()) return false;
  peer->second.heard = now;
  while (!seen_.empty() && seen_.front().until <= now)
    seen_.pop_front();
  const Hash32 hash = crypto::sha256(datagram);
  if (std::any_of(seen_.begin(), seen_.end(), [&](const Seen& one) { return one.hash == hash; })) {
    return false;
  }
  if (seen_.size() >= kSeenMax) seen_.pop_front();
  seen_.push_back({hash, now + kSeenFor});
  return true;
}

std::vector<std::string> AutoPeers::expire(Time now) {
  std::vector<std::string> gone;
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    if (now <= peer->second.heard + kAutoPeerSilence) {
      ++peer;
      continue;
    }
    gone.push_back(peer->first);
    peer = peers_.erase(peer);
  }
  return gone;
}

std::vector<std::string> AutoPeers::forget_device(const std::string& device) {
  std::vector<std::string> gone;
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    if (peer->second.device != device) {
      ++peer;
      continue;
    }
    gone.push_back(peer->first);
    peer = peers_.erase(peer);
  }
  return gone;
}

std::vector<std::string> AutoPeers::due_for_token(Time now) {
  std::vector<std::string> out;
  for (auto& [address, peer] : peers_) {
    if (now <= peer.told + kReverseInterval) continue;
    peer.told = now;
    out.push_back(address);
  }
  return out;
}

}  // namespace mehr::interface
