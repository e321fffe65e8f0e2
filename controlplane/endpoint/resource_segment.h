// One segment of a resource, prepared for sending or put together again: compression, prefix,
// encryption, parts and their map, hash and proof. Pure; sending is resource_sender's, receiving
// resource_receiver's. Source: reticulum-wire §18.
#pragma once

#include <functional>
#include <vector>

#include "core/wire/resource.h"

namespace mehr::endpoint {

struct ResourceSegment {
  Bytes stream;  ///< encrypted as a whole, cut into parts
  std::size_t part_size = 0;
  bool compressed = false;
  wire::MapHash random;
  Hash32 hash;
  Hash32 expected_proof;
  std::vector<wire::MapHash> map;  ///< one a part

  [[nodiscard]] std::size_t parts() const { return map.size(); }
  [[nodiscard]] ByteView part(std::size_t index) const;
};

struct SegmentCrypto {
  std::function<Bytes(ByteView)> seal;
  std::function<wire::MapHash()> random;  ///< four fresh bytes
};

/// @param data at most wire::kResourceSegmentMax bytes, metadata included, not empty
/// @param compress try bz2; used when it makes the data smaller
ResourceSegment prepare_segment(ByteView data, bool compress_it, std::size_t part_size,
                                const SegmentCrypto& crypto);

/// First four bytes of SHA-256(part || random).
wire::MapHash map_hash(ByteView part, const wire::MapHash& random);
/// SHA-256(data || random): the segment's name.
Hash32 segment_hash(ByteView data, const wire::MapHash& random);
/// SHA-256(data || hash): what only a receiver of all data can say.
Hash32 segment_proof(ByteView data, const Hash32& hash);

/// Takes the decrypted stream apart. @param limit most bytes the data may have
/// @return nullopt when too short, not decompressible within the limit, or of another hash
std::optional<Bytes> assemble_segment(ByteView decrypted,
                                      const wire::ResourceAdvertisement& advertisement,
                                      std::size_t limit);

}  // namespace mehr::endpoint
