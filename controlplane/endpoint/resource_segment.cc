// Preparing and assembling segments.
#include "controlplane/endpoint/resource_segment.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>

#include "controlplane/endpoint/compression.h"
#include "core/crypto/hash.h"

namespace mehr::endpoint {
namespace {

constexpr std::size_t kPrefix = 4;  // random bytes before the data, so that equal data looks new

/// False when two parts so close together share a map hash that a receiver could mix them up.
bool build_map(ResourceSegment& segment) {
  segment.map.clear();
  absl::flat_hash_set<wire::MapHash> near;
  for (std::size_t at = 0; at < segment.stream.size(); at += segment.part_size) {
    const std::size_t size = std::min(segment.part_size, segment.stream.size() - at);
    const wire::MapHash hash = map_hash(ByteView(segment.stream).subspan(at, size), segment.random);
    if (!near.insert(hash).second) return false;
    if (near.size() > wire::kResourceCollisionGuard) {
      near.erase(segment.map[segment.map.size() - wire::kResourceCollisionGuard]);
    }
    segment.map.push_back(hash);
  }
  return true;
}

}  // namespace

ByteView ResourceSegment::part(std::size_t index) const {
  const std::size_t at = index * part_size;
  return ByteView(stream).subspan(at, std::min(part_size, stream.size() - at));
}

wire::MapHash map_hash(ByteView part, const wire::MapHash& random) {
  return *wire::MapHash::from(crypto::sha256(concat({part, random.view()})).view());
}

Hash32 segment_hash(ByteView data, const wire::MapHash& random) {
  return crypto::sha256(concat({data, random.view()}));
}

Hash32 segment_proof(ByteView data, const Hash32& hash) {
  return crypto::sha256(concat({data, hash.view()}));
}

ResourceSegment prepare_segment(ByteView data, bool compress_it, std::size_t part_size,
                                const SegmentCrypto& crypto) {
  ResourceSegment segment;
  segment.part_size = part_size;
  Bytes packed = compress_it ? compress(data) : Bytes();
  segment.compressed = compress_it && packed.size() < data.size();
  const wire::MapHash prefix = crypto.random();
  segment.stream =
      crypto.seal(concat({prefix.view(), segment.compressed ? ByteView(packed) : data}));
  do {
    segment.random = crypto.random();
  } while (!build_map(segment));
  segment.hash = segment_hash(data, segment.random);
  segment.expected_proof = segment_proof(data, segment.hash);
  return segment;
}

std::optional<Bytes> assemble_segment(ByteView decrypted,
                                      const wire::ResourceAdvertisement& advertisement,
                                      std::size_t limit) {
  if (decrypted.size() < kPrefix) return std::nullopt;
  const ByteView body = decrypted.subspan(kPrefix);
  std::optional<Bytes> data;
  if (advertisement.compressed) {
    data = decompress(body, limit);
  } else if (body.size() <= limit) {
    data = to_bytes(body);
  }
  if (!data || segment_hash(*data, advertisement.random) != advertisement.hash) return std::nullopt;
  return data;
}

}  // namespace mehr::endpoint
