// The frame that one Mehr node sends its neighbour, and the records inside it. Owns the layout of
// the clear header and of the decrypted records; sealing is core/crypto's, deciding
// controlplane/link's. Any thread; pure. Source: architecture §3, SC-19, SC-45, SC-46.
//
// The first byte of every hop frame has bit 7 set, which a Reticulum packet on an open interface
// never has: both may share one UDP port or one radio channel, and stock nodes drop ours unread.
//
//   full form, 32 bytes around the records            compact form (radio), 20 bytes
//   0        1..3       4..7            8..15           0          1..3
//   +--------+----------+---------------+-----------+   +----------+------------------+
//   | 1 0 v t| zero     | receiver index| counter   |   | 1 1 i..i | sequence, low 24 |
//   +--------+----------+---------------+-----------+   +----------+------------------+
//   | records, sealed ...                           |   | records, sealed ...         |
//   | tag 16                                        |   | tag 16                      |
//
//   v: 2 bits version (1), t: 4 bits type. Receiver index: random, chosen by who receives.
//   Counter, little endian: lane (high 8 bits) and sequence (low 56); together with the key of its
//   direction it is the AEAD nonce, so no value is ever sent twice under one key.
//   Compact: i is a 6-bit index, lane 0 only; the receiver rebuilds the high bits of the sequence.
//
//   record   0..1 length of body   2 class          3 price, or type of a control record   body
//   padding  length  0x01  0x00  zeroes; only as the last record of a frame
//   class:   priority 2 | path policy 3 | probe 1 | reserved flow 1 | control 1   (high to low)
//
// All integers little endian. Canonical: reserved bits zero, records fill the plaintext exactly.
#pragma once

#include <functional>
#include <optional>

#include "core/base/bytes.h"

namespace mehr::wire {

inline constexpr std::uint8_t kHopVersion = 1;
inline constexpr std::size_t kHopTag = 16;
inline constexpr std::size_t kHopHeader = 16;        ///< full form
inline constexpr std::size_t kHopCompactHeader = 4;  ///< radio form
inline constexpr std::size_t kHopOverhead = kHopHeader + kHopTag;
inline constexpr std::size_t kHopCompactOverhead = kHopCompactHeader + kHopTag;
inline constexpr std::size_t kHopRecordHeader = 4;
inline constexpr std::size_t kHopFrameMax = 65'535;
inline constexpr std::uint64_t kHopSequenceMax = (std::uint64_t{1} << 56) - 1;
inline constexpr std::uint32_t kHopCompactIndexMax = 63;

enum class HopFrameType : std::uint8_t {
  kHello = 1,
  kAnswer = 2,
  kFinish = 3,
  kCookie = 4,
  kData = 5
};

/// What the first byte says; nullopt for anything that is not a hop frame of our version.
struct HopFrameKind {
  bool compact = false;
  HopFrameType type = HopFrameType::kData;
};
std::optional<HopFrameKind> hop_frame_kind(ByteView frame);
std::uint8_t hop_first_byte(HopFrameType type);

/// Lane and sequence, the explicit counter of a frame.
struct HopCounter {
  std::uint8_t lane = 0;
  std::uint64_t sequence = 0;  ///< 0 .. kHopSequenceMax
  [[nodiscard]] std::uint64_t packed() const { return std::uint64_t{lane} << 56 | sequence; }
  static HopCounter unpack(std::uint64_t packed) {
    return {static_cast<std::uint8_t>(packed >> 56), packed & kHopSequenceMax};
  }
  auto operator<=>(const HopCounter&) const = default;
};

struct HopDataFrame {
  std::uint32_t receiver_index = 0;
  HopCounter counter;  ///< compact: sequence holds only the low 24 bits
  ByteView header;     ///< the clear bytes, associated data of the AEAD
  ByteView sealed;     ///< ciphertext || tag
};
/// @return nullopt when not a data frame of that form, shorter than its overhead, reserved bits set
std::optional<HopDataFrame> decode_hop_data(ByteView frame, bool compact);
/// The clear header, and the same onto a frame being built; records and tag follow.
void append_hop_header(Bytes& frame, std::uint32_t receiver_index, HopCounter counter,
                       bool compact);
Bytes encode_hop_header(std::uint32_t receiver_index, HopCounter counter, bool compact);
/// The sequence nearest above `highest` - 2^23 whose low 24 bits are `low`.
std::uint64_t rebuild_hop_sequence(std::uint64_t highest, std::uint32_t low);

enum class HopPriority : std::uint8_t { kP0 = 0, kP1 = 1, kP2 = 2, kP3 = 3 };

/// The class byte (SC-19).
struct HopClass {
  HopPriority priority = HopPriority::kP2;
  std::uint8_t path_policy = 0;  ///< 0..7, routing::PathPolicy
  bool probe = false;
  bool reserved_flow = false;
  bool control = false;
  [[nodiscard]] std::uint8_t packed() const;
  static HopClass unpack(std::uint8_t byte);
  auto operator<=>(const HopClass&) const = default;
};

enum class HopControl : std::uint8_t {
  kPadding = 0,     ///< body: zeroes
  kKeepAlive = 1,   ///< body: empty
  kRekeyOffer = 2,  ///< hop_rekey.h
  kRekeyAnswer = 3,
  kPathCost = 4,  ///< path cost of an announce (SC-03)
  kPacketTooBig = 5,
  kCongestion = 6,
  kProbe = 7,       ///< hop_probe.h
  kProbeReply = 8,  ///< the same, back
  kClose = 9,       ///< body: reason byte
  kFragment = 10,   ///< hop_fragment.h
};

struct HopRecord {
  HopClass hop_class;
  std::uint8_t price_or_type = 0;  ///< price class and tariff version, or HopControl
  ByteView body;
};
void append_hop_record(Bytes& records, const HopRecord& record);
/// A padding record of `size` bytes in all, at least kHopRecordHeader; nothing may follow it.
void append_hop_padding(Bytes& records, std::size_t size);
/// Calls `each` per record in order. @return false, having called it for none, when the plaintext
/// is not exactly a run of whole records, or has padding that is not last, zero and of its class
bool decode_hop_records(ByteView plaintext, const std::function<void(const HopRecord&)>& each);

}  // namespace mehr::wire
