// The three messages: both ends agree on keys and on who they are, and nothing damaged, reflected
// or crossed gets through.
#include "controlplane/link/handshake.h"

#include <gtest/gtest.h>

#include "pair.h"

namespace mehr::link {
namespace {

TEST(Handshake, BothSidesHoldTheSameKeysAndKnowEachOther) {
  const Pair pair;
  EXPECT_EQ(pair.at_alice.peer, pair.bob.public_identity());
  EXPECT_EQ(pair.at_bob.peer, pair.alice.public_identity());
  EXPECT_EQ(pair.at_alice.peer_capabilities, pair.bob_caps);
  EXPECT_EQ(pair.at_bob.peer_capabilities, pair.alice_caps);
  EXPECT_EQ(pair.at_alice.keys.initiator_to_responder, pair.at_bob.keys.initiator_to_responder);
  EXPECT_EQ(pair.at_alice.keys.responder_to_initiator, pair.at_bob.keys.responder_to_initiator);
  EXPECT_NE(pair.at_alice.keys.initiator_to_responder, pair.at_alice.keys.responder_to_initiator);
  EXPECT_EQ(pair.at_alice.local_index, pair.at_bob.remote_index);
  EXPECT_EQ(pair.at_alice.remote_index, pair.at_bob.local_index);
}

TEST(Handshake, NoReplyIsLargerThanItsRequest) {
  SeededRandom random(1);
  EXPECT_GE(Initiation(random, 1, true).hello().size(), wire::kHopAnswerSize);
  EXPECT_GE(Initiation(random, 1, false).hello().size(), wire::kHopCookieSize);
}

/// Every single bit of the answer and of the finish matters.
TEST(Handshake, OneFlippedBitAnywhereIsRefused) {
  SeededRandom random(3);
  const auto alice = crypto::PrivateIdentity::generate(random);
  const auto bob = crypto::PrivateIdentity::generate(random);
  Initiation initiation(random, 11, true);
  auto response = Response::begin(*wire::decode_hop_hello(initiation.hello()), 22,
                                  bob.public_identity(), {}, random);
  const Bytes answer = response->answer(bob.sign(response->to_sign()));
  for (std::size_t bit = 0; bit < answer.size() * 8; ++bit) {
    Bytes damaged = answer;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1U << (bit % 8));
    // The top bit of an X25519 public key is ignored by the curve, but it is in the transcript.
    EXPECT_FALSE(initiation.accept_answer(damaged, alice.public_identity(), {})) << bit;
  }
  const auto material = initiation.accept_answer(answer, alice.public_identity(), {});
  ASSERT_TRUE(material);
  EXPECT_FALSE(initiation.accept_answer(answer, alice.public_identity(), {})) << "second answer";
  const Bytes finish = initiation.finish(alice.sign(*material)).message;
  for (std::size_t bit = 0; bit < finish.size() * 8; ++bit) {
    Bytes damaged = finish;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1U << (bit % 8));
    EXPECT_FALSE(response->accept_finish(damaged)) << bit;
  }
  EXPECT_TRUE(response->accept_finish(finish));
}

TEST(Handshake, AReflectedPeerIsRefused) {
  SeededRandom random(4);
  const auto alice = crypto::PrivateIdentity::generate(random);
  Initiation initiation(random, 11, true);
  auto response = Response::begin(*wire::decode_hop_hello(initiation.hello()), 22,
                                  alice.public_identity(), {}, random);
  const Bytes answer = response->answer(alice.sign(response->to_sign()));
  EXPECT_FALSE(initiation.accept_answer(answer, alice.public_identity(), {}));
}

/// Mallory answers with her own ephemeral but can sign only for herself: she cannot pass for Bob.
TEST(Handshake, AManInTheMiddleIsSeenAsHimself) {
  SeededRandom random(5);
  const auto alice = crypto::PrivateIdentity::generate(random);
  const auto bob = crypto::PrivateIdentity::generate(random);
  const auto mallory = crypto::PrivateIdentity::generate(random);
  Initiation initiation(random, 11, true);
  auto response = Response::begin(*wire::decode_hop_hello(initiation.hello()), 22,
                                  bob.public_identity(), {}, random);
  const Bytes forged = response->answer(mallory.sign(response->to_sign()));
  EXPECT_FALSE(initiation.accept_answer(forged, alice.public_identity(), {}));
  auto own = Response::begin(*wire::decode_hop_hello(initiation.hello()), 22,
                             mallory.public_identity(), {}, random);
  const Bytes honest = own->answer(mallory.sign(own->to_sign()));
  ASSERT_TRUE(initiation.accept_answer(honest, alice.public_identity(), {}));
  EXPECT_EQ(initiation.peer(), mallory.public_identity());
}

TEST(Handshake, AFinishOfAnotherHandshakeIsRefused) {
  SeededRandom random(6);
  const auto alice = crypto::PrivateIdentity::generate(random);
  const auto bob = crypto::PrivateIdentity::generate(random);
  std::vector<Bytes> finishes;
  std::vector<Response> responses;
  for (int i = 0; i < 2; ++i) {
    Initiation initiation(random, 11, true);
    auto response = Response::begin(*wire::decode_hop_hello(initiation.hello()), 22,
                                    bob.public_identity(), {}, random);
    const Bytes answer = response->answer(bob.sign(response->to_sign()));
    const auto material = initiation.accept_answer(answer, alice.public_identity(), {});
    finishes.push_back(initiation.finish(alice.sign(*material)).message);
    responses.push_back(std::move(*response));
  }
  EXPECT_FALSE(responses[0].accept_finish(finishes[1]));
  EXPECT_FALSE(responses[1].accept_finish(finishes[0]));
  EXPECT_TRUE(responses[0].accept_finish(finishes[0]));
}

TEST(Handshake, SmallOrderEphemeralsAreRefused) {
  SeededRandom random(8);
  wire::HopHello hello;
  hello.padded = true;
  EXPECT_FALSE(Response::begin(hello, 1, PublicIdentity{}, {}, random)) << "the zero point";
  hello.ephemeral.bytes[0] = 1;
  EXPECT_FALSE(Response::begin(hello, 1, PublicIdentity{}, {}, random)) << "order 1";
}

}  // namespace
}  // namespace mehr::link
