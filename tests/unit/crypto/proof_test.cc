// Packet proofs against proofs.json.
#include "core/crypto/proof.h"

#include <gtest/gtest.h>

#include "core/crypto/hash.h"
#include "core/crypto/identity.h"
#include "tests/unit/vector_file.h"

namespace mehr::crypto {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::VectorFile;

TEST(Proof, Proofs) {
  VectorFile("proofs").each("proofs", [](const Json& item) {
    const auto self = PrivateIdentity::from_bytes(hex(item["identity_private"]));
    ASSERT_TRUE(self.has_value());
    const Bytes packet = hex(item["packet"]);
    const Hash32 hash = packet_hash(packet);
    EXPECT_EQ(hash, fixed_hex<32>(item["packet_hash"]));
    const Bytes raw = hex(item["proof"]);
    const auto proof = wire::decode_packet(raw);
    ASSERT_TRUE(proof.has_value());
    EXPECT_EQ(proof->packet_type, wire::PacketType::kProof);
    EXPECT_EQ(proof->destination, fixed_hex<16>(item["proof_destination"]));
    ASSERT_EQ(proof->data.size(), item["proof_data_length"].get<std::size_t>());
    const auto form =
        proof->data.size() == kExplicitProofSize ? ProofForm::kExplicit : ProofForm::kImplicit;
    EXPECT_EQ(encode_packet_proof(hash, self->sign(hash.view()), form), raw);
    const ByteView key = verify_key(self->public_identity());
    EXPECT_EQ(check_packet_proof(hash, proof->data, key), item["valid"].get<bool>());
    for (const std::size_t at : {std::size_t{0}, proof->data.size() - 1}) {
      Bytes tampered = to_bytes(proof->data);
      tampered[at] ^= 1;
      EXPECT_EQ(check_packet_proof(hash, tampered, key), item["tampered_valid"].get<bool>());
    }
  });
}

TEST(Proof, OtherLengthsAndOtherPacketsAreRefused) {
  SeededRandom random(2);
  const auto self = PrivateIdentity::generate(random);
  const Hash32 hash = random.fixed<32>();
  const ByteView key = verify_key(self.public_identity());
  const Bytes good = concat({hash.view(), self.sign(hash.view()).view()});
  EXPECT_TRUE(check_packet_proof(hash, good, key));
  EXPECT_FALSE(check_packet_proof(random.fixed<32>(), good, key));
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(check_packet_proof(hash, longer, key));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(check_packet_proof(hash, ByteView(good).first(size), key)) << size;
  }
}

}  // namespace
}  // namespace mehr::crypto
