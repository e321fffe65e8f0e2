// The control messages of resource transfers over a link: advertisement, part request, map update
// and proof, all before encryption. Owns their layout and limits, not the transfer. Any thread;
// pure.
//
//   advertisement  msgpack map t d n h r o i l q f m
//   part request   00 || resource hash 32 || map hashes 4 each
//                  FF || last known map hash 4 || resource hash 32 || map hashes 4 each
//   map update     resource hash 32 || msgpack [segment of the map, map hashes]
//   proof          resource hash 32 || SHA-256(data || resource hash) 32
//
// Source: reticulum-wire §18.
#pragma once

#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace mehr::wire {

using MapHash = FixedBytes<4>;  ///< names one part of a resource

inline constexpr std::size_t kResourceSegmentMax = 1'048'575;  ///< data bytes of one segment
inline constexpr std::size_t kResourceTransferMax = 3 * kResourceSegmentMax;
inline constexpr std::size_t kResourceMapEntries = 74;  ///< map hashes a message carries at most
inline constexpr std::size_t kResourceWindowMax = 75;   ///< parts in one request
/// Within this many parts no two map hashes may be equal.
inline constexpr std::size_t kResourceCollisionGuard = 2 * kResourceWindowMax + kResourceMapEntries;

struct ResourceAdvertisement {
  std::uint64_t transfer_size = 0;  ///< encrypted bytes of this segment, 1..kResourceTransferMax
  std::uint64_t data_size = 0;      ///< of all segments, metadata included
  std::uint64_t parts = 0;          ///< of this segment, at least 1
  Hash32 hash;                      ///< SHA-256(segment data || random)
  MapHash random;
  Hash32 original_hash;       ///< hash of the first segment
  std::uint64_t segment = 1;  ///< from 1 to `segments`
  std::uint64_t segments = 1;
  std::optional<Hash16> request_id;
  bool encrypted = true, compressed = false, split = false;
  bool is_request = false, is_response = false, has_metadata = false;
  std::vector<MapHash> map;  ///< of the first parts, at most kResourceMapEntries

  [[nodiscard]] std::uint8_t flags() const;
};
/// Only the first kResourceMapEntries of `map` are written.
Bytes encode_resource_advertisement(const ResourceAdvertisement& advertisement);
/// nullopt when a field is missing, of another type or outside the ranges above.
std::optional<ResourceAdvertisement> decode_resource_advertisement(ByteView plaintext);

struct ResourceRequest {
  Hash32 hash;
  std::optional<MapHash> last_known;  ///< present: the known map is used up, send the next piece
  std::vector<MapHash> wanted;        ///< at most kResourceWindowMax
};
Bytes encode_resource_request(const ResourceRequest& request);
std::optional<ResourceRequest> decode_resource_request(ByteView plaintext);

struct ResourceMapUpdate {
  Hash32 hash;
  std::uint64_t segment = 0;  ///< entry 0 belongs to part segment * kResourceMapEntries
  std::vector<MapHash> map;   ///< 1..kResourceMapEntries
};
Bytes encode_resource_map_update(const ResourceMapUpdate& update);
std::optional<ResourceMapUpdate> decode_resource_map_update(ByteView plaintext);

struct ResourceProof {
  Hash32 hash;
  Hash32 proof;
};
Bytes encode_resource_proof(const ResourceProof& proof);
std::optional<ResourceProof> decode_resource_proof(ByteView data);

}  // namespace mehr::wire
