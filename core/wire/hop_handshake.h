// The messages by which two Mehr nodes become neighbours: SIGMA-I in three, plus a cookie. Owns the
// layouts; keys are core/crypto/hop_keys, decisions controlplane/link. Any thread; pure.
// Source: architecture §3, spec/03 §3.2, SC-44, SC-46.
//
//   hello   0 type  1..3 zero  4..7 sender index  8..39 ephemeral  40..55 cookie  56.. zero padding
//   answer  0 type  1..3 zero  4..7 receiver index  8..11 sender index  12..43 ephemeral
//           44..203 sealed proof
//   finish  0 type  1..3 zero  4..7 receiver index  8..167 sealed proof
//   cookie  0 type  1..3 zero  4..7 receiver index  8..23 cookie
//
//   proof   0..63 public identity (X25519 || Ed25519)  64..127 signature  128..143 capabilities
//
//   capabilities  0 version  1 flags (1 fragmentation, 2 compact frames)  2..3 largest frame
//                 4 lanes  5 payment modes  6..7 zero  8..15 sender's steady clock, ms
//
// All integers little endian. A hello over a carrier whose source address can be forged is padded
// to the size of the answer, so that no reply is ever larger than its request.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/wire/hop_frame.h"

namespace mehr::wire {

inline constexpr std::size_t kHopProof = 144;
inline constexpr std::size_t kHopSealedProof = kHopProof + kHopTag;
inline constexpr std::size_t kHopHelloMin = 56;
inline constexpr std::size_t kHopAnswerSize = 44 + kHopSealedProof;
inline constexpr std::size_t kHopFinishSize = 8 + kHopSealedProof;
inline constexpr std::size_t kHopCookieSize = 24;
inline constexpr std::size_t kHopHelloPadded = kHopAnswerSize;
static_assert(kHopAnswerSize == 204 && kHopFinishSize == 168);

using HopCookie = FixedBytes<16>;

struct HopHello {
  std::uint32_t sender_index = 0;
  Hash32 ephemeral;
  HopCookie cookie;  ///< zero when none was asked for
  bool padded = false;
};
/// @return nullopt when of another type, not exactly kHopHelloMin or kHopHelloPadded long, or with
/// a
///         reserved byte set
std::optional<HopHello> decode_hop_hello(ByteView message);
Bytes encode_hop_hello(const HopHello& hello);

struct HopAnswer {
  std::uint32_t receiver_index = 0, sender_index = 0;
  Hash32 ephemeral;
  ByteView clear;   ///< the bytes before the proof, part of the transcript
  ByteView sealed;  ///< kHopSealedProof bytes
};
std::optional<HopAnswer> decode_hop_answer(ByteView message);
/// The clear part; the caller appends the sealed proof.
Bytes encode_hop_answer_clear(const HopAnswer& answer);

struct HopFinish {
  std::uint32_t receiver_index = 0;
  ByteView clear, sealed;
};
std::optional<HopFinish> decode_hop_finish(ByteView message);
Bytes encode_hop_finish_clear(std::uint32_t receiver_index);

struct HopCookieReply {
  std::uint32_t receiver_index = 0;
  HopCookie cookie;
};
std::optional<HopCookieReply> decode_hop_cookie(ByteView message);
Bytes encode_hop_cookie(const HopCookieReply& reply);

struct HopCapabilities {
  std::uint8_t version = kHopVersion;
  bool fragmentation = false;
  bool compact = false;
  std::uint16_t max_frame = 0;     ///< largest hop frame it takes, bytes
  std::uint8_t lanes = 1;          ///< 1 .. 255 lanes it will receive on
  std::uint8_t payment_modes = 0;  ///< bit mask, architecture §5
  std::uint64_t clock_ms = 0;      ///< its steady clock; only differences mean anything
  auto operator<=>(const HopCapabilities&) const = default;
};
inline constexpr std::size_t kHopCapabilities = 16;
std::optional<HopCapabilities> decode_hop_capabilities(ByteView bytes);
Bytes encode_hop_capabilities(const HopCapabilities& capabilities);

struct HopProofBody {
  PublicIdentity identity;
  Signature signature;
  FixedBytes<kHopCapabilities> capabilities;
};
std::optional<HopProofBody> decode_hop_proof(ByteView bytes);
Bytes encode_hop_proof(const HopProofBody& proof);

/// Body of the control records kRekeyOffer and kRekeyAnswer: both sides' half of a new key.
///   0..3 epoch being entered   4..7 index the sender receives on   8..39 ephemeral X25519 key
struct HopRekey {
  std::uint32_t epoch = 0, sender_index = 0;
  Hash32 ephemeral;
};
inline constexpr std::size_t kHopRekeySize = 40;
std::optional<HopRekey> decode_hop_rekey(ByteView body);
Bytes encode_hop_rekey(const HopRekey& rekey);

}  // namespace mehr::wire
