// What secrecy and authenticity cost: announces against the bare signature check they contain,
// access codes, tokens, messages to an identity, link packets.
#include <benchmark/benchmark.h>
#include <sodium.h>

#include "bench/micro/samples.h"
#include "core/crypto/access_code.h"
#include "core/crypto/token.h"

namespace mehr::bench {
namespace {

void announce_check(benchmark::State& state) {
  const Bytes raw = announce_packet(1);
  const auto packet = wire::decode_packet(raw);
  for (auto _ : state) {
    wire::Announce announce;
    if (crypto::check_announce(*packet, announce) != crypto::AnnounceVerdict::kValid) {
      state.SkipWithError("the announce does not verify");
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(announce_check);

/// The floor of announce_check: libsodium alone on as many bytes.
void signature_check_alone(benchmark::State& state) {
  const Bytes raw = announce_packet(1);
  const auto packet = wire::decode_packet(raw);
  const auto announce = wire::decode_announce(*packet);
  const Bytes material = crypto::announce_signed_material(packet->destination, *announce);
  for (auto _ : state) {
    if (crypto_sign_verify_detached(announce->signature.bytes.data(), material.data(),
                                    material.size(),
                                    crypto::verify_key(announce->identity).data()) != 0) {
      state.SkipWithError("the signature does not verify");
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(signature_check_alone);

void announce_make(benchmark::State& state) {
  for (auto _ : state) {
    auto raw = announce_packet(2);
    benchmark::DoNotOptimize(raw.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(announce_make);

void access_code_protect(benchmark::State& state) {
  const crypto::AccessCode code("network", "passphrase", 16);
  const Bytes raw = data_packet({}, static_cast<std::size_t>(state.range(0)), 3);
  for (auto _ : state) {
    auto frame = code.protect(raw);
    benchmark::DoNotOptimize(frame.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(access_code_protect)->Arg(64)->Arg(464);

void access_code_admit(benchmark::State& state) {
  const crypto::AccessCode code("network", "passphrase", 16);
  const Bytes raw = data_packet({}, static_cast<std::size_t>(state.range(0)), 4);
  const Bytes frame = code.protect(raw);
  for (auto _ : state) {
    auto packet = code.admit(frame);
    benchmark::DoNotOptimize(packet);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(access_code_admit)->Arg(64)->Arg(464);

void access_code_refuse(benchmark::State& state) {
  const crypto::AccessCode code("network", "passphrase", 16);
  Bytes frame = random_bytes(500, 5);
  frame[0] |= 0x80;  // claims to carry a code
  for (auto _ : state) {
    auto packet = code.admit(frame);
    benchmark::DoNotOptimize(packet);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(access_code_refuse);

void token_seal(benchmark::State& state) {
  const Bytes key = random_bytes(64, 6);
  const Bytes plaintext = random_bytes(static_cast<std::size_t>(state.range(0)), 7);
  const FixedBytes<16> iv;
  for (auto _ : state) {
    auto token = crypto::seal_token(key, iv, plaintext);
    benchmark::DoNotOptimize(token.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(token_seal)->Arg(64)->Arg(383)->Arg(8000);

void token_open(benchmark::State& state) {
  const Bytes key = random_bytes(64, 6);
  const Bytes token =
      crypto::seal_token(key, {}, random_bytes(static_cast<std::size_t>(state.range(0)), 7));
  for (auto _ : state) {
    auto plaintext = crypto::open_token(key, token);
    benchmark::DoNotOptimize(plaintext);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(token_open)->Arg(64)->Arg(383)->Arg(8000);

void identity_seal(benchmark::State& state) {
  SeededRandom random(8);
  const auto identity = crypto::PrivateIdentity::generate(random);
  const Bytes plaintext = random_bytes(300, 9);
  for (auto _ : state) {
    auto sealed =
        crypto::seal_to_identity(identity.public_identity(), std::nullopt, plaintext, random);
    benchmark::DoNotOptimize(sealed);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(identity_seal);

void identity_open(benchmark::State& state) {
  SeededRandom random(8);
  const auto identity = crypto::PrivateIdentity::generate(random);
  const auto sealed = crypto::seal_to_identity(identity.public_identity(), std::nullopt,
                                               random_bytes(300, 9), random);
  for (auto _ : state) {
    auto plaintext = crypto::open_from_identity(identity, {}, false, *sealed);
    benchmark::DoNotOptimize(plaintext);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(identity_open);

/// One data packet of an established link: seal, pack, hash; and on the other side unpack, open.
void link_packet(benchmark::State& state) {
  const Bytes key = random_bytes(64, 10);
  const Bytes plaintext = random_bytes(static_cast<std::size_t>(state.range(0)), 11);
  for (auto _ : state) {
    const Bytes token = crypto::seal_token(key, {}, plaintext);
    wire::Packet packet;
    packet.destination_type = wire::DestinationType::kLink;
    packet.data = token;
    const Bytes raw = wire::encode_packet(packet);
    auto hash = crypto::packet_hash(raw);
    benchmark::DoNotOptimize(hash);
    auto opened = crypto::open_token(key, wire::decode_packet(raw)->data);
    benchmark::DoNotOptimize(opened);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(link_packet)->Arg(64)->Arg(431);

}  // namespace
}  // namespace mehr::bench
