// Handshake vectors, declared in hop_vectors.h. Frames are in hop_frame_vectors.cc.
#include "hop_vectors.h"

#include <cstdlib>
#include <deque>

#include "controlplane/link/session.h"
#include "core/crypto/hop_keys.h"
#include "core/crypto/identity.h"

namespace mehr::link {
namespace {

/// Gives out the private keys the vectors name, in order.
class ListedRandom final : public Random {
 public:
  void fill(MutableByteView out) override {
    if (keys.empty() || out.size() != 32) std::abort();
    std::copy(keys.front().bytes.begin(), keys.front().bytes.end(), out.begin());
    keys.pop_front();
  }
  std::deque<Hash32> keys;
};

struct Party {
  crypto::PrivateIdentity identity;
  Hash32 ephemeral;
  std::uint32_t index;
  wire::HopCapabilities capabilities;
};

OrderedJson fields_of(const wire::HopCapabilities& capabilities) {
  return {{"version", capabilities.version},
          {"fragmentation", capabilities.fragmentation},
          {"compact", capabilities.compact},
          {"max_frame", capabilities.max_frame},
          {"lanes", capabilities.lanes},
          {"payment_modes", capabilities.payment_modes},
          {"clock_ms", capabilities.clock_ms},
          {"bytes", to_hex(wire::encode_hop_capabilities(capabilities))}};
}

OrderedJson describe(const Party& party) {
  return {{"identity_private", to_hex(party.identity.export_private())},
          {"identity_public", to_hex(party.identity.public_identity())},
          {"ephemeral_private", to_hex(party.ephemeral)},
          {"ephemeral_public", to_hex(crypto::agreement_public(party.ephemeral.view()))},
          {"index", party.index},
          {"capabilities", fields_of(party.capabilities)}};
}

void add_keys(OrderedJson& out, const crypto::HopTrafficKeys& keys) {
  out["chain"] = to_hex(keys.chain);
  out["initiator_to_responder"] = to_hex(keys.initiator_to_responder);
  out["responder_to_initiator"] = to_hex(keys.responder_to_initiator);
}

/// Three re-keys, offered by either side in turn, each from the chain of the one before.
OrderedJson rekeys_of(crypto::HopTrafficKeys keys, Random& random) {
  OrderedJson out = OrderedJson::array();
  for (std::uint32_t epoch = 1; epoch <= 3; ++epoch) {
    const auto offering = random.fixed<32>(), answering = random.fixed<32>();
    const Hash32 offer_public = crypto::agreement_public(offering.view());
    const Hash32 answer_public = crypto::agreement_public(answering.view());
    const Bytes offer = wire::encode_hop_rekey({epoch, 0x1000 + epoch, offer_public});
    const Bytes answer = wire::encode_hop_rekey({epoch, 0x2000 + epoch, answer_public});
    const auto shared = crypto::agree(offering.view(), answer_public.view());
    keys = crypto::hop_next_keys(keys.chain, *shared, offer, answer);
    OrderedJson one{{"epoch", epoch},
                    {"offer_private", to_hex(offering)},
                    {"answer_private", to_hex(answering)},
                    {"offer", to_hex(offer)},
                    {"answer", to_hex(answer)},
                    {"shared", to_hex(*shared)}};
    add_keys(one, keys);
    out.push_back(one);
  }
  return out;
}

/// The whole of it through the state machines of controlplane/link; the secrets between, which
/// those do not show, by core/crypto/hop_keys.
OrderedJson handshake(const std::string& id, const Party& initiator, const Party& responder,
                      bool padded, const wire::HopCookie& cookie, Random& random) {
  ListedRandom listed;
  listed.keys = {initiator.ephemeral, responder.ephemeral};
  Initiation initiation(listed, initiator.index, padded);
  initiation.use_cookie(cookie);
  const Bytes hello = initiation.hello();
  const auto decoded = wire::decode_hop_hello(hello);
  auto response = Response::begin(*decoded, responder.index, responder.identity.public_identity(),
                                  responder.capabilities, listed);
  const Bytes to_answer = response->to_sign();
  const Bytes answer = response->answer(responder.identity.sign(to_answer));
  const auto to_finish = initiation.accept_answer(answer, initiator.identity.public_identity(),
                                                  initiator.capabilities);
  auto finished = initiation.finish(initiator.identity.sign(to_finish.value()));
  const auto seed = response->accept_finish(finished.message);
  if (!seed || seed->keys.chain != finished.seed.keys.chain) std::abort();

  const auto clear = wire::decode_hop_answer(answer);
  const auto shared = crypto::agree(initiator.ephemeral.view(), clear->ephemeral.view());
  const Hash32 t1 = crypto::hop_transcript_hello(*decoded);
  const Hash32 t2 = crypto::hop_transcript_answer(t1, clear->clear);
  const Hash32 root = crypto::hop_root(*shared, t2);
  const Hash32 t3 = crypto::hop_transcript_proof(t2, clear->sealed);
  const auto last = wire::decode_hop_finish(finished.message);
  const Hash32 t4 = crypto::hop_transcript_proof(t3, last->sealed);
  OrderedJson out{{"id", id},
                  {"initiator", describe(initiator)},
                  {"responder", describe(responder)},
                  {"hello", to_hex(hello)},
                  {"answer", to_hex(answer)},
                  {"finish", to_hex(finished.message)},
                  {"shared", to_hex(*shared)},
                  {"t1", to_hex(t1)},
                  {"t2", to_hex(t2)},
                  {"t3", to_hex(t3)},
                  {"t4", to_hex(t4)},
                  {"root", to_hex(root)},
                  {"answer_key", to_hex(crypto::hop_answer_key(root))},
                  {"finish_key", to_hex(crypto::hop_finish_key(root))},
                  {"signed_for_answer", to_hex(to_answer)},
                  {"signed_for_finish", to_hex(*to_finish)}};
  add_keys(out, seed->keys);
  out["rekeys"] = rekeys_of(seed->keys, random);
  return out;
}

OrderedJson cookies(Random& random) {
  OrderedJson out = OrderedJson::array();
  for (const char* source : {"192.0.2.1:4343", "[2001:db8::1]:4343", ""}) {
    const auto secret = random.fixed<32>();
    const wire::HopCookie cookie = crypto::hop_cookie(secret, source);
    out.push_back({{"secret", to_hex(secret)},
                   {"source", source},
                   {"cookie", to_hex(cookie)},
                   {"receiver_index", 0x01020304},
                   {"reply", to_hex(wire::encode_hop_cookie({0x01020304, cookie}))}});
  }
  return out;
}

}  // namespace

OrderedJson hop_handshake_vectors() {
  SeededRandom random(20);
  const auto party = [&random](std::uint32_t index, const wire::HopCapabilities& capabilities) {
    auto identity = crypto::PrivateIdentity::generate(random);
    return Party{std::move(identity), random.fixed<32>(), index, capabilities};
  };
  const wire::HopCapabilities udp{
      .max_frame = 1'472, .lanes = 4, .payment_modes = 3, .clock_ms = 86'400'123};
  const wire::HopCapabilities tcp{.fragmentation = true, .max_frame = 65'535, .lanes = 255};
  const wire::HopCapabilities radio{
      .compact = true, .max_frame = 255, .clock_ms = ~std::uint64_t{0}};
  OrderedJson out{{"format", 1}, {"source", "make_hop_vectors"}};
  auto& handshakes = out["handshakes"] = OrderedJson::array();
  // One statement a draw: the order of arguments is the compiler's.
  const auto add = [&](const char* id, std::uint32_t from, const wire::HopCapabilities& of_from,
                       std::uint32_t to, const wire::HopCapabilities& of_to, bool padded,
                       const wire::HopCookie& cookie) {
    auto responder = party(to, of_to);
    auto initiator = party(from, of_from);
    handshakes.push_back(
        handshake(id, std::move(initiator), std::move(responder), padded, cookie, random));
  };
  add("datagrams", 0xA1B2C3D4, udp, 0x01020304, udp, true, {});
  const auto cookie = random.fixed<16>();
  add("datagrams with a cookie", 0xFFFFFFFF, udp, 0, tcp, true, cookie);
  add("a stream", 7, tcp, 8, tcp, false, {});
  add("a radio", 63, radio, 0, radio, false, {});
  out["cookies"] = cookies(random);
  out["capabilities"] = {fields_of(udp), fields_of(tcp), fields_of(radio)};
  return out;
}

}  // namespace mehr::link
