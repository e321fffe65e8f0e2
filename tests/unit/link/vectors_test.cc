// tests/vectors/hop against today's code: replayed message by message, and whole against what the
// generator would write.
#include <gtest/gtest.h>

#include "controlplane/link/handshake.h"
#include "core/crypto/aead.h"
#include "core/crypto/identity.h"
#include "core/wire/path_cost.h"
#include "hop_vectors.h"
#include "tests/unit/vector_file.h"

namespace mehr::link {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::VectorFile;

const VectorFile& handshakes() {
  static const VectorFile file("hop_handshake", "hop");
  return file;
}
const VectorFile& frames() {
  static const VectorFile file("hop_frames", "hop");
  return file;
}

TEST(HopVectors, AreWhatTheGeneratorWrites) {
  EXPECT_EQ(handshakes().root(), Json::parse(hop_handshake_vectors().dump()));
  EXPECT_EQ(frames().root(), Json::parse(hop_frame_vectors().dump()));
}

void check_keys(const crypto::HopTrafficKeys& keys, const Json& expected) {
  EXPECT_EQ(to_hex(keys.chain), expected["chain"]);
  EXPECT_EQ(to_hex(keys.initiator_to_responder), expected["initiator_to_responder"]);
  EXPECT_EQ(to_hex(keys.responder_to_initiator), expected["responder_to_initiator"]);
}

TEST(HopVectors, Handshakes) {
  handshakes().each("handshakes", [](const Json& one) {
    const auto hello = wire::decode_hop_hello(hex(one["hello"]));
    ASSERT_TRUE(hello);
    const Bytes answer_bytes = hex(one["answer"]), finish_bytes = hex(one["finish"]);
    const auto answer = wire::decode_hop_answer(answer_bytes);
    const auto finish = wire::decode_hop_finish(finish_bytes);
    ASSERT_TRUE(answer && finish);
    const auto shared =
        crypto::agree(hex(one["responder"]["ephemeral_private"]), hello->ephemeral.view());
    EXPECT_EQ(to_hex(*shared), one["shared"]);
    const Hash32 t1 = crypto::hop_transcript_hello(*hello);
    const Hash32 t2 = crypto::hop_transcript_answer(t1, answer->clear);
    const Hash32 t3 = crypto::hop_transcript_proof(t2, answer->sealed);
    const Hash32 t4 = crypto::hop_transcript_proof(t3, finish->sealed);
    const Hash32 root = crypto::hop_root(*shared, t2);
    EXPECT_EQ(to_hex(t4), one["t4"]);
    const auto check_proof = [&](const Hash32& key, ByteView clear, ByteView sealed,
                                 const Json& signer, const Json& material) {
      const auto body = crypto::open_aead(key, 0, clear, sealed);
      ASSERT_TRUE(body);
      const auto proof = wire::decode_hop_proof(*body);
      EXPECT_EQ(to_hex(proof->identity), signer["identity_public"]);
      EXPECT_EQ(to_hex(proof->capabilities), signer["capabilities"]["bytes"]);
      EXPECT_TRUE(
          crypto::verify(crypto::verify_key(proof->identity), hex(material), proof->signature));
    };
    check_proof(crypto::hop_answer_key(root), answer->clear, answer->sealed, one["responder"],
                one["signed_for_answer"]);
    check_proof(crypto::hop_finish_key(root), finish->clear, finish->sealed, one["initiator"],
                one["signed_for_finish"]);
    crypto::HopTrafficKeys keys = crypto::hop_traffic_keys(root, t4);
    check_keys(keys, one);
    for (const Json& rekey : one["rekeys"]) {
      keys = crypto::hop_next_keys(keys.chain, fixed_hex<32>(rekey["shared"]), hex(rekey["offer"]),
                                   hex(rekey["answer"]));
      check_keys(keys, rekey);
    }
  });
}

TEST(HopVectors, CookiesAndCapabilities) {
  handshakes().each("cookies", [](const Json& one) {
    const auto cookie =
        crypto::hop_cookie(fixed_hex<32>(one["secret"]), one["source"].get<std::string>());
    EXPECT_EQ(to_hex(cookie), one["cookie"]);
    EXPECT_EQ(wire::decode_hop_cookie(hex(one["reply"]))->cookie, cookie);
  });
  handshakes().each("capabilities", [](const Json& one) {
    const auto decoded = wire::decode_hop_capabilities(hex(one["bytes"]));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->max_frame, one["max_frame"]);
    EXPECT_EQ(decoded->lanes, one["lanes"]);
    EXPECT_EQ(decoded->clock_ms, one["clock_ms"]);
    EXPECT_EQ(decoded->compact, one["compact"]);
    EXPECT_EQ(decoded->fragmentation, one["fragmentation"]);
  });
}

TEST(HopVectors, Frames) {
  frames().each("frames", [](const Json& one) {
    const Bytes bytes = hex(one["frame"]);
    const auto frame = wire::decode_hop_data(bytes, one["compact"]);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->receiver_index, one["receiver_index"]);
    const wire::HopCounter counter{one["lane"], one["sequence"]};
    const auto plaintext = crypto::open_aead(fixed_hex<32>(one["key"]), counter.packed(),
                                             frame->header, frame->sealed);
    ASSERT_TRUE(plaintext);
    EXPECT_EQ(to_hex(*plaintext), one["plaintext"]);
    std::size_t count = 0;
    EXPECT_TRUE(wire::decode_hop_records(*plaintext, [&](const wire::HopRecord& record) {
      if (count >= one["records"].size()) return;  // the padding
      const Json& expected = one["records"][count++];
      EXPECT_EQ(record.hop_class.packed(), expected["class"]);
      EXPECT_EQ(record.price_or_type, expected["price_or_type"]);
      EXPECT_EQ(to_hex(record.body), expected["body"]);
    }));
    EXPECT_EQ(count, one["records"].size());
  });
  frames().each("sequences", [](const Json& one) {
    EXPECT_EQ(wire::rebuild_hop_sequence(one["highest"], one["low"]), one["sequence"]);
  });
  frames().each("classes", [](const Json& one) {
    const auto decoded = wire::HopClass::unpack(one["byte"]);
    EXPECT_EQ(decoded.packed(), one["byte"]);
    EXPECT_EQ(static_cast<unsigned>(decoded.priority), one["priority"]);
    EXPECT_EQ(decoded.path_policy, one["path_policy"]);
    EXPECT_EQ(decoded.control, one["control"]);
  });
}

TEST(HopVectors, PathCosts) {
  frames().each("path_costs", [](const Json& one) {
    const auto cost = wire::decode_path_cost(hex(one["bytes"]));
    ASSERT_TRUE(cost);
    EXPECT_EQ(wire::code_of_cost(one["umhr_per_mib"]), one["cost_code"]);
    EXPECT_EQ(cost->cost_code, one["cost_code"]);
    EXPECT_EQ(cost->hops, one["hops"]);
    const auto record = wire::decode_path_cost_record(hex(one["record"]));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->relay_sequence, one["relay_sequence"]);
    EXPECT_EQ(record->cost, *cost);
  });
}

bool accepted(const std::string& what, ByteView bytes) {
  if (what == "hello") return wire::decode_hop_hello(bytes).has_value();
  if (what == "answer") return wire::decode_hop_answer(bytes).has_value();
  if (what == "finish") return wire::decode_hop_finish(bytes).has_value();
  if (what == "cookie") return wire::decode_hop_cookie(bytes).has_value();
  if (what == "capabilities") return wire::decode_hop_capabilities(bytes).has_value();
  if (what == "frame") return wire::decode_hop_data(bytes, false).has_value();
  if (what == "compact frame") return wire::decode_hop_data(bytes, true).has_value();
  if (what == "records") return wire::decode_hop_records(bytes, [](const wire::HopRecord&) {});
  if (what == "rekey") return wire::decode_hop_rekey(bytes).has_value();
  if (what == "path cost") return wire::decode_path_cost(bytes).has_value();
  if (what == "path cost record") return wire::decode_path_cost_record(bytes).has_value();
  ADD_FAILURE() << "no decoder for " << what;
  return false;
}

TEST(HopVectors, Malformed) {
  frames().each("malformed", [](const Json& one) {
    EXPECT_FALSE(accepted(one["what"], hex(one["bytes"]))) << one["what"] << ": " << one["why"];
  });
}

}  // namespace
}  // namespace mehr::link
