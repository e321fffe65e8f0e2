// Keys of a hop link: from the handshake's transcript to the two traffic keys, and from one epoch
// to the next. Owns the derivations and the signed strings; the order of messages is
// controlplane/link's. Any thread; pure. BLAKE2b-256 throughout, every use under its own label
// (SC-51).
//
//   t1 = H("hello"  || hello)                 cookie and padding left out: relays of a cookie
//   exchange t2 = H("answer" || t1 || answer clear)    may not change the transcript of the keys
//   root = H(key = X25519(e_i, e_r); "root" || t2)
//   proof keys = H(key = root; "answer key" / "finish key")
//   responder signs "mehr/v1/hop/answer" || t2 || identity || capabilities
//   t3 = H("proof" || t2 || sealed answer proof)
//   initiator signs "mehr/v1/hop/finish" || t3 || identity || capabilities
//   t4 = H("proof" || t3 || sealed finish proof)
//   chain(0) = H(key = root; "chain" || t4);  traffic = H(key = chain; "initiator to responder" /
//   "responder to initiator") chain(n+1) = H(key = chain(n); "rekey" || X25519(e, e') || offer ||
//   answer)
#pragma once

#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/wire/hop_handshake.h"

namespace mehr::crypto {

/// BLAKE2b-256 over label and parts, optionally keyed.
Hash32 hop_hash(std::string_view label, std::initializer_list<ByteView> parts);
Hash32 hop_hash_keyed(const Hash32& key, std::string_view label,
                      std::initializer_list<ByteView> parts);

Hash32 hop_transcript_hello(const wire::HopHello& hello);
Hash32 hop_transcript_answer(const Hash32& t1, ByteView answer_clear);
Hash32 hop_transcript_proof(const Hash32& before, ByteView sealed_proof);

/// Root of everything secret, from the shared ephemeral secret.
Hash32 hop_root(const Hash32& shared, const Hash32& t2);
Hash32 hop_answer_key(const Hash32& root);
Hash32 hop_finish_key(const Hash32& root);

enum class HopSide : std::uint8_t { kInitiator, kResponder };

/// What the side signs. @param transcript t2 for the responder, t3 for the initiator
Bytes hop_signed_material(HopSide side, const Hash32& transcript, const PublicIdentity& identity,
                          ByteView capabilities);
inline constexpr std::size_t kHopSignedMaterial = 18 + 32 + 64 + wire::kHopCapabilities;

struct HopTrafficKeys {
  Hash32 chain;  ///< seed of the next epoch; wiped when that begins
  Hash32 initiator_to_responder, responder_to_initiator;

  HopTrafficKeys() = default;
  HopTrafficKeys(const HopTrafficKeys&) = default;
  HopTrafficKeys& operator=(const HopTrafficKeys&) = default;
  /// Every copy is wiped.
  ~HopTrafficKeys();
};
HopTrafficKeys hop_traffic_keys(const Hash32& root, const Hash32& t4);
HopTrafficKeys hop_next_keys(const Hash32& chain, const Hash32& shared, ByteView offer,
                             ByteView answer);

/// Cookie for a source address under a rotating secret.
wire::HopCookie hop_cookie(const Hash32& secret, std::string_view source_address);

}  // namespace mehr::crypto
