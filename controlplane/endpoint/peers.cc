// A least-recently-heard list with an index, and the path table as its memory across restarts.
#include "controlplane/endpoint/peers.h"

#include "controlplane/endpoint/timing.h"
#include "core/crypto/hash.h"
#include "core/crypto/token.h"
#include "core/wire/lxmf.h"

namespace mehr::endpoint {

Peers::Peers(Context& context)
    : context_(context), delivery_name_(crypto::name_hash("lxmf.delivery")) {}

Peers::Peer Peers::read(const DestinationHash& destination, const wire::Announce& announce,
                        Time heard, const NameHash& delivery_name) {
  Peer peer;
  peer.destination = destination;
  peer.heard = heard;
  peer.ratchet = announce.ratchet;
  if (announce.name == delivery_name) {
    wire::LxmfAnnounce said = wire::decode_lxmf_announce(announce.app_data);
    peer.name = std::move(said.display_name);
    peer.compression = said.compression;
  }
  return peer;
}

void Peers::announce_heard(const routing::HeardAnnounce& heard) {
  Peer peer = read(heard.destination, heard.announce, context_.now, delivery_name_);
  if (const auto known = index_.find(heard.destination); known != index_.end()) {
    *known->second = std::move(peer);
    peers_.splice(peers_.begin(), peers_, known->second);
    return;
  }
  // Others have nothing worth remembering.
  if (!heard.announce.ratchet && heard.announce.name != delivery_name_) return;
  if (peers_.size() >= kMaxPeers) {
    index_.erase(peers_.back().destination);
    peers_.pop_back();
  }
  peers_.push_front(std::move(peer));
  index_[heard.destination] = peers_.begin();
}

std::optional<Peers::Peer> Peers::find(const DestinationHash& destination) const {
  if (const auto known = index_.find(destination); known != index_.end()) return *known->second;
  const routing::PathEntry* path = context_.router.path(destination);
  if (path == nullptr) return std::nullopt;
  wire::Packet packet;
  packet.packet_type = wire::PacketType::kAnnounce;
  packet.context_flag = path->announce_has_ratchet;
  packet.data = path->announce_payload;
  const auto announce = wire::decode_announce(packet);
  if (!announce) return std::nullopt;
  return read(destination, *announce, path->learned, delivery_name_);
}

std::optional<PublicIdentity> Peers::identity(const DestinationHash& destination) const {
  return context_.router.known_identity(destination);
}

std::optional<Hash32> Peers::ratchet(const DestinationHash& destination) const {
  const auto peer = find(destination);
  if (!peer || context_.now - peer->heard > kRatchetLife) return std::nullopt;
  return peer->ratchet;
}

std::string Peers::name(const DestinationHash& destination) const {
  const auto peer = find(destination);
  return peer ? peer->name : std::string();
}

bool Peers::takes_compressed(const DestinationHash& destination) const {
  const auto peer = find(destination);
  return !peer || peer->compression;
}

std::optional<Bytes> Peers::seal(const DestinationHash& destination, ByteView plaintext) {
  const auto recipient = identity(destination);
  if (!recipient) return std::nullopt;
  return crypto::seal_to_identity(*recipient, ratchet(destination), plaintext, context_.random);
}

}  // namespace mehr::endpoint
