// The LXMF message and the application data of lxmf.delivery announces. Owns their layout; hashing,
// signing and encrypting are the endpoint's. Any thread; pure.
//
//   0    16   destination hash          (left out in an opportunistic packet: the header has it)
//   16   16   source hash
//   32   64   Ed25519 signature of the source over hashed part || message id
//   96   n    msgpack [timestamp, title, content, fields (, stamp)]
//
//   hashed part = destination || source || msgpack [timestamp, title, content, fields]
//   message id  = SHA-256(hashed part)
//
// Source: LXMF 1.0 as shipped with RNS 1.4.2; spec/10 §2.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.h"

namespace mehr::wire {

inline constexpr std::size_t kLxmfHeader = 96;  ///< two addresses and the signature
/// Smallest message that decodes: a one-byte number, empty strings and an empty map.
inline constexpr std::size_t kLxmfSmallest = kLxmfHeader + 5;
/// Longest message without destination hash that LXMF puts in one packet to a neighbour: 391 bytes,
/// 295 of them title and content. The packet is 499 bytes long.
inline constexpr std::size_t kLxmfPacketNear = 391;
/// The same when relays add an address to the header (500 bytes still hold): 287 of content.
inline constexpr std::size_t kLxmfPacketFar = 383;
/// What the packed form adds to title and content: header, msgpack framing and 8 spare.
inline constexpr std::size_t kLxmfOverhead = kLxmfHeader + 32;

/// A decoded message; views point into the bytes it was decoded from.
struct Lxmf {
  DestinationHash destination, source;
  Signature signature;
  double timestamp = 0;  ///< Unix seconds by the sender's clock, finite
  ByteView title, content;
  Bytes fields;   ///< msgpack map, an empty one when the sender sent nil
  Bytes payload;  ///< msgpack [timestamp, title, content, fields], the part the id covers
};

/// @param packed with the destination hash in front
/// @return nullopt when too short, not MessagePack, of other types, or with bytes left over
std::optional<Lxmf> decode_lxmf(ByteView packed);

/// @param fields a msgpack map
Bytes encode_lxmf_payload(double timestamp, ByteView title, ByteView content, ByteView fields);
/// What the message id is the SHA-256 of.
Bytes lxmf_hashed_part(const DestinationHash& destination, const DestinationHash& source,
                       ByteView payload);
/// What the source signs.
Bytes lxmf_signed_material(const DestinationHash& destination, const DestinationHash& source,
                           ByteView payload, const Hash32& id);
Bytes encode_lxmf(const DestinationHash& destination, const DestinationHash& source,
                  const Signature& signature, ByteView payload);

/// What an lxmf.delivery announce says of its owner.
struct LxmfAnnounce {
  std::string display_name;                 ///< at most 128 bytes, control characters removed
  std::optional<std::uint64_t> stamp_cost;  ///< proof of work its owner asks of senders
  bool compression = true;                  ///< may be sent bz2-compressed resources
};
/// App data of our own announces: [name or nil, nil, [compression]]. A name over 128 bytes is cut
/// between characters.
Bytes encode_lxmf_announce(std::string_view display_name);
/// Understands the array form and the older bare name; anything else gives defaults.
LxmfAnnounce decode_lxmf_announce(ByteView app_data);

}  // namespace mehr::wire
