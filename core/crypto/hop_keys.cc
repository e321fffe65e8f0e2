// Hop link key schedule declared in hop_keys.h.
#include "core/crypto/hop_keys.h"

#include <sodium.h>

namespace mehr::crypto {
namespace {

constexpr std::string_view kAnswerTag = "mehr/v1/hop/answer";
constexpr std::string_view kFinishTag = "mehr/v1/hop/finish";
static_assert(kAnswerTag.size() == 18 && kFinishTag.size() == 18);

Hash32 hash_parts(const Hash32* key, std::string_view label,
                  std::initializer_list<ByteView> parts) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, key != nullptr ? key->bytes.data() : nullptr,
                          key != nullptr ? key->bytes.size() : 0, Hash32::kSize);
  // Every part goes in behind its length, so that no two lists of parts give the same input.
  const auto feed = [&state](ByteView part) {
    ByteWriter length;
    length.u32_le(static_cast<std::uint32_t>(part.size()));
    crypto_generichash_update(&state, length.written().data(), length.written().size());
    crypto_generichash_update(&state, part.data(), part.size());
  };
  feed(as_bytes(label));
  for (const ByteView part : parts)
    feed(part);
  Hash32 out;
  crypto_generichash_final(&state, out.bytes.data(), out.bytes.size());
  sodium_memzero(&state, sizeof state);
  return out;
}

HopTrafficKeys keys_of_chain(Hash32 chain) {
  HopTrafficKeys keys;
  keys.chain = chain;
  keys.initiator_to_responder = hop_hash_keyed(chain, "initiator to responder", {});
  keys.responder_to_initiator = hop_hash_keyed(chain, "responder to initiator", {});
  wipe(chain.mutable_view());
  return keys;
}

}  // namespace

HopTrafficKeys::~HopTrafficKeys() {
  wipe(chain.mutable_view());
  wipe(initiator_to_responder.mutable_view());
  wipe(responder_to_initiator.mutable_view());
}

Hash32 hop_hash(std::string_view label, std::initializer_list<ByteView> parts) {
  return hash_parts(nullptr, label, parts);
}

Hash32 hop_hash_keyed(const Hash32& key, std::string_view label,
                      std::initializer_list<ByteView> parts) {
  return hash_parts(&key, label, parts);
}

Hash32 hop_transcript_hello(const wire::HopHello& hello) {
  ByteWriter index;
  index.u32_le(hello.sender_index);
  return hop_hash("hello", {index.written(), hello.ephemeral.view()});
}

Hash32 hop_transcript_answer(const Hash32& t1, ByteView answer_clear) {
  return hop_hash("answer", {t1.view(), answer_clear});
}

Hash32 hop_transcript_proof(const Hash32& before, ByteView sealed_proof) {
  return hop_hash("proof", {before.view(), sealed_proof});
}

Hash32 hop_root(const Hash32& shared, const Hash32& t2) {
  return hop_hash_keyed(shared, "root", {t2.view()});
}

Hash32 hop_answer_key(const Hash32& root) {
  return hop_hash_keyed(root, "answer key", {});
}
Hash32 hop_finish_key(const Hash32& root) {
  return hop_hash_keyed(root, "finish key", {});
}

Bytes hop_signed_material(HopSide side, const Hash32& transcript, const PublicIdentity& identity,
                          ByteView capabilities) {
  const std::string_view tag = side == HopSide::kResponder ? kAnswerTag : kFinishTag;
  return concat({as_bytes(tag), transcript.view(), identity.view(), capabilities});
}

HopTrafficKeys hop_traffic_keys(const Hash32& root, const Hash32& t4) {
  return keys_of_chain(hop_hash_keyed(root, "chain", {t4.view()}));
}

HopTrafficKeys hop_next_keys(const Hash32& chain, const Hash32& shared, ByteView offer,
                             ByteView answer) {
  return keys_of_chain(hop_hash_keyed(chain, "rekey", {shared.view(), offer, answer}));
}

wire::HopCookie hop_cookie(const Hash32& secret, std::string_view source_address) {
  const Hash32 whole = hop_hash_keyed(secret, "cookie", {as_bytes(source_address)});
  return *wire::HopCookie::from(whole.view());
}

}  // namespace mehr::crypto
