// Two identities and a finished handshake between them, for the tests of this folder.
#pragma once

#include <stdexcept>

#include "controlplane/link/handshake.h"
#include "core/crypto/identity.h"

namespace mehr::link {

struct Pair {
  SeededRandom random{7};
  crypto::PrivateIdentity alice = crypto::PrivateIdentity::generate(random);
  crypto::PrivateIdentity bob = crypto::PrivateIdentity::generate(random);
  wire::HopCapabilities alice_caps{.max_frame = 1472, .lanes = 4, .clock_ms = 5};
  wire::HopCapabilities bob_caps{.max_frame = 1280, .lanes = 2, .clock_ms = 9};
  SessionSeed at_alice, at_bob;

  Pair() {
    Initiation initiation(random, 11, true);
    auto response = Response::begin(*wire::decode_hop_hello(initiation.hello()), 22,
                                    bob.public_identity(), bob_caps, random);
    const Bytes answer = response->answer(bob.sign(response->to_sign()));
    const auto material = initiation.accept_answer(answer, alice.public_identity(), alice_caps);
    if (!material) throw std::runtime_error("answer refused");
    auto finished = initiation.finish(alice.sign(*material));
    const auto seed = response->accept_finish(finished.message);
    if (!seed) throw std::runtime_error("finish refused");
    at_alice = finished.seed;
    at_bob = *seed;
  }
};

}  // namespace mehr::link
