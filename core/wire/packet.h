// The Reticulum packet, the unit of everything this gateway forwards. Owns the header layout and
// nothing inside `data`. Called by the router and the endpoints for every packet; any thread.
//
//   offset  0        1        2                18 (34)   19 (35)
//           +--------+--------+----------------+---------+------------
//   type 1  | flags  | hops   | destination 16 | context | data ...
//           +--------+--------+----------------+---------+------------
//   type 2  | flags  | hops   | transport id 16, destination 16 | context | data ...
//
//   flags, high to low: access code 1 | header type 1 | context flag 1 | transport type 1 |
//                       destination type 2 | packet type 2
//
// Source: reticulum-wire §2, §3. Multi-byte integers inside packets are big endian.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace mehr::wire {

inline constexpr std::size_t kMtu = 500;           ///< bytes before framing and access code
inline constexpr std::size_t kHeaderMin = 19;      ///< header type 1
inline constexpr std::size_t kHeaderMax = 35;      ///< header type 2
inline constexpr std::size_t kMdu = 464;           ///< kMtu - kHeaderMax - 1
inline constexpr std::size_t kEncryptedMdu = 383;  ///< plaintext for one SINGLE packet
inline constexpr std::uint8_t kMaxHops = 128;      ///< a hop byte of this or more does not parse

enum class HeaderType : std::uint8_t { kOne = 0, kTwo = 1 };
enum class TransportType : std::uint8_t { kBroadcast = 0, kTransport = 1 };
enum class DestinationType : std::uint8_t { kSingle = 0, kGroup = 1, kPlain = 2, kLink = 3 };
enum class PacketType : std::uint8_t { kData = 0, kAnnounce = 1, kLinkRequest = 2, kProof = 3 };

/// Context byte; values not named here are legal and carried through.
enum class Context : std::uint8_t {
  kNone = 0x00,
  kResource = 0x01,
  kResourceAdvertisement = 0x02,
  kResourceRequest = 0x03,
  kResourceHashmapUpdate = 0x04,
  kResourceProof = 0x05,
  kResourceInitiatorCancel = 0x06,
  kResourceReceiverCancel = 0x07,
  kCacheRequest = 0x08,
  kRequest = 0x09,
  kResponse = 0x0A,
  kPathResponse = 0x0B,
  kCommand = 0x0C,
  kCommandStatus = 0x0D,
  kChannel = 0x0E,
  kKeepalive = 0xFA,
  kLinkIdentify = 0xFB,
  kLinkClose = 0xFC,
  kLinkProof = 0xFD,
  kLinkRequestRtt = 0xFE,
  kLinkRequestProof = 0xFF,
};

/// A decoded header; `data` points into the bytes it was decoded from.
struct Packet {
  HeaderType header_type = HeaderType::kOne;
  bool context_flag = false;
  TransportType transport_type = TransportType::kBroadcast;
  DestinationType destination_type = DestinationType::kSingle;
  PacketType packet_type = PacketType::kData;
  std::uint8_t hops = 0;
  Hash16 transport_id;  ///< meaningful only in header type 2
  Hash16 destination;   ///< destination hash, link id, or truncated packet hash of a proof
  Context context = Context::kNone;
  ByteView data;
};

/// Decodes a packet without access code.
/// @return nullopt when shorter than its header, when the hop byte is kMaxHops or more, or when the
///         access-code bit is still set. Never looks at `data`.
std::optional<Packet> decode_packet(ByteView raw);

/// Encodes header and data; no size check against any MTU.
Bytes encode_packet(const Packet& packet);

/// The bytes whose SHA-256 is the packet hash: low flag nibble, then everything from the
/// destination on. Unchanged by every relay step.
/// @param raw a packet that decode_packet accepts
Bytes hashable_part(ByteView raw);

/// Name of a packet type as the field writes it ("DATA", "ANNOUNCE").
std::string_view packet_type_name(PacketType type);

}  // namespace mehr::wire
