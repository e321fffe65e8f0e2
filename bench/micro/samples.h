// Packets the micro benchmarks work on: the sizes the field sends, made from a fixed seed.
// Benchmark thread only.
#pragma once

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/crypto/announce.h"
#include "core/crypto/hash.h"
#include "core/crypto/identity.h"
#include "core/wire/packet.h"

namespace mehr::bench {

inline Bytes random_bytes(std::size_t size, std::uint64_t seed) {
  SeededRandom random(seed);
  Bytes out(size);
  random.fill(out);
  return out;
}

/// A DATA packet for `destination` with `size` bytes of data, header type 1.
inline Bytes data_packet(const DestinationHash& destination, std::size_t size, std::uint64_t seed) {
  const Bytes data = random_bytes(size, seed);
  wire::Packet packet;
  packet.destination = destination;
  packet.data = data;
  return wire::encode_packet(packet);
}

/// A valid announce of a fresh identity made from `seed`, with 16 bytes of app data.
inline Bytes announce_packet(std::uint64_t seed) {
  SeededRandom random(seed);
  const auto identity = crypto::PrivateIdentity::generate(random);
  crypto::AnnounceDraft draft;
  draft.identity = identity.public_identity();
  draft.name = crypto::name_hash("lxmf.delivery");
  draft.destination = crypto::destination_hash(draft.name, identity.hash());
  draft.random_hash = crypto::announce_random_hash(random.fixed<5>(), UnixTime{1'767'225'600s});
  draft.app_data = random_bytes(16, seed);
  const Signature signature = identity.sign(crypto::signed_material(draft));
  return crypto::encode_announce(draft, signature, wire::Context::kNone);
}

}  // namespace mehr::bench
