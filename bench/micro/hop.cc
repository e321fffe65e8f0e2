// Hop links: handshakes against the libsodium operations they cannot do without, measured in turns
// in the same run, and frames sealed and opened against the bare cipher on as many bytes.
#include <benchmark/benchmark.h>
#include <sodium.h>
#include <time.h>

#include <deque>

#include "bench/micro/samples.h"
#include "controlplane/link/links.h"
#include "controlplane/signer/local_signer.h"

namespace mehr::bench {
namespace {

/// CPU seconds of this thread: a handshake is measured in halves, too short for wall time.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// What one side must compute: a fresh key, the shared secret, its signature, the other's check.
class SodiumSum {
 public:
  SodiumSum() {
    crypto_sign_keypair(sign_public_, sign_secret_);
    randombytes_buf(scalar_, sizeof scalar_);
    randombytes_buf(material_, sizeof material_);
  }
  bool run() {
    bool good = crypto_scalarmult_base(point_, scalar_) == 0;
    good = crypto_scalarmult(shared_, scalar_, point_) == 0 && good;
    good =
        crypto_sign_detached(signature_, nullptr, material_, sizeof material_, sign_secret_) == 0 &&
        good;
    return crypto_sign_verify_detached(signature_, material_, sizeof material_, sign_public_) ==
               0 &&
           good;
  }

 private:
  unsigned char sign_public_[crypto_sign_PUBLICKEYBYTES], sign_secret_[crypto_sign_SECRETKEYBYTES];
  unsigned char scalar_[32], point_[32], shared_[32];
  unsigned char material_[crypto::kHopSignedMaterial], signature_[crypto_sign_BYTES];
};

struct Sides {
  SeededRandom random{31};
  signer::LocalSigner alice{crypto::PrivateIdentity::generate(random)};
  signer::LocalSigner bob{crypto::PrivateIdentity::generate(random)};
  wire::HopCapabilities capabilities{.max_frame = 1'232};
  double initiator = 0, responder = 0;  ///< CPU seconds, added up

  static Signature sign(signer::Signer& signer, signer::Purpose purpose, Bytes material) {
    Signature out;
    signer.sign(purpose, std::move(material),
                [&out](std::optional<Signature> signature) { out = signature.value(); });
    return out;
  }

  /// One whole handshake; false when anything was refused.
  bool run() {
    const double begin = cpu_seconds();
    link::Initiation initiation(random, 11, true);
    const Bytes hello = initiation.hello();
    const double said = cpu_seconds();
    const auto decoded = wire::decode_hop_hello(hello);
    auto response = link::Response::begin(*decoded, 22, bob.identity(), capabilities, random);
    const Bytes answer =
        response->answer(sign(bob, signer::Purpose::kHopAnswer, response->to_sign()));
    const double answered = cpu_seconds();
    const auto material = initiation.accept_answer(answer, alice.identity(), capabilities);
    if (!material) return false;
    const auto finished = initiation.finish(sign(alice, signer::Purpose::kHopFinish, *material));
    const double finish = cpu_seconds();
    const bool linked = response->accept_finish(finished.message).has_value();
    const double end = cpu_seconds();
    initiator += said - begin + finish - answered;
    responder += answered - said + end - finish;
    return linked;
  }
};

void hop_handshake(benchmark::State& state) {
  SodiumSum sodium;
  Sides sides;
  double allowed = 0;
  for (auto _ : state) {
    const double before = sides.initiator + sides.responder;
    const double begin = cpu_seconds();
    bool good = sodium.run();
    allowed += cpu_seconds() - begin;
    good = sides.run() && good;
    if (!good) state.SkipWithError("a handshake failed");
    state.SetIterationTime(sides.initiator + sides.responder - before);
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["sodium/s"] = runs / allowed;
  state.counters["initiator/s"] = runs / sides.initiator;
  state.counters["responder/s"] = runs / sides.responder;
  state.counters["initiator_%"] = 100 * allowed / sides.initiator;
  state.counters["responder_%"] = 100 * allowed / sides.responder;
}
BENCHMARK(hop_handshake)->UseManualTime();

void hop_sodium_keygen(benchmark::State& state) {
  unsigned char scalar[32], point[32];
  randombytes_buf(scalar, sizeof scalar);
  for (auto _ : state)
    benchmark::DoNotOptimize(crypto_scalarmult_base(point, scalar));
}
BENCHMARK(hop_sodium_keygen);

void hop_sodium_derive(benchmark::State& state) {
  unsigned char scalar[32], point[32], shared[32];
  randombytes_buf(scalar, sizeof scalar);
  crypto_scalarmult_base(point, scalar);
  for (auto _ : state)
    benchmark::DoNotOptimize(crypto_scalarmult(shared, scalar, point));
}
BENCHMARK(hop_sodium_derive);

void hop_sodium_sign(benchmark::State& state) {
  const Bytes material = random_bytes(crypto::kHopSignedMaterial, 1);
  const crypto::SigningKey key(Hash32{}.view());
  for (auto _ : state)
    benchmark::DoNotOptimize(key.sign(material));
}
BENCHMARK(hop_sodium_sign);

void hop_sodium_verify(benchmark::State& state) {
  const Bytes material = random_bytes(crypto::kHopSignedMaterial, 1);
  const crypto::SigningKey key(Hash32{}.view());
  const Signature signature = key.sign(material);
  for (auto _ : state)
    benchmark::DoNotOptimize(crypto::verify(key.public_key().view(), material, signature));
}
BENCHMARK(hop_sodium_verify);

/// A node's whole link layer, its frames kept instead of sent.
struct Node final : link::LinksSink {
  SeededRandom random;
  border::Counters counters;
  signer::LocalSigner signer;
  std::deque<std::pair<std::string, Bytes>> sent;
  std::optional<link::NeighbourId> neighbour;
  std::uint64_t records = 0;
  link::Links links;

  static link::LinksConfig any_peer() {
    link::LinksConfig config;
    config.policy.any = true;
    return config;
  }
  explicit Node(std::uint64_t seed)
      : random(seed),
        signer(crypto::PrivateIdentity::generate(random)),
        links(any_peer(), *this, signer, random, counters) {
    links.carrier_up(0, {.name = "udp", .bitrate_bps = 10'000'000'000}, Time{1s});
  }
  void send(const link::CarrierPath& path, ByteView frame) override {
    sent.emplace_back(path.address, to_bytes(frame));
  }
  void neighbour_up(const link::NeighbourReport& report) override { neighbour = report.id; }
  void neighbour_down(link::NeighbourId, const IdentityHash&, std::string_view) override {
    neighbour.reset();
  }
  void record(link::NeighbourId, const wire::HopRecord&) override { ++records; }
};

void exchange(Node& alice, Node& bob, const std::string& alice_at, Time now) {
  while (!alice.sent.empty() || !bob.sent.empty()) {
    for (; !alice.sent.empty(); alice.sent.pop_front())
      bob.links.receive({0, alice_at}, alice.sent.front().second, {}, now);
    for (; !bob.sent.empty(); bob.sent.pop_front())
      alice.links.receive({0, "b:1"}, bob.sent.front().second, {}, now);
  }
}

/// Everything Links does for a link on both sides: admission, tables, session, the first frames,
/// and its end.
void hop_links_handshake(benchmark::State& state) {
  Node alice(1), bob(2);
  Time now{100s};
  std::uint64_t round = 0;
  SodiumSum sodium;
  double allowed = 0, both = 0;
  for (auto _ : state) {
    double begin = cpu_seconds();
    sodium.run();
    allowed += cpu_seconds() - begin;
    now += 10ms;
    const std::string at =
        std::to_string(round % 200) + '.' + std::to_string(round / 200 % 200) + ".1.1:4343";
    ++round;
    begin = cpu_seconds();
    alice.links.maintain_peer({0, "b:1"}, {}, now);
    alice.links.tick(now);
    exchange(alice, bob, at, now);
    const bool linked = alice.neighbour && bob.neighbour;
    const double spent = cpu_seconds() - begin;
    if (!linked) {
      state.SkipWithError("no link");
      break;
    }
    alice.links.forget_peer({0, "b:1"});
    alice.links.drop(*alice.neighbour, now);
    exchange(alice, bob, at, now);
    both += spent;
    state.SetIterationTime(spent);
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["per_side/s"] = 2 * runs / both;
  state.counters["per_side_%"] = 100 * 2 * allowed / both;
}
BENCHMARK(hop_links_handshake)->UseManualTime();

struct Linked {
  Node alice{1}, bob{2};
  Time now{100s};
  Bytes records;

  explicit Linked(std::size_t packet) {
    alice.links.maintain_peer({0, "b:1"}, {}, now);
    alice.links.tick(now);
    exchange(alice, bob, "a:1", now);
    const Bytes body = random_bytes(packet, 5);
    wire::append_hop_record(records, {{.priority = wire::HopPriority::kP3}, 0, body});
  }
  /// Frames of alice's, sealed outside the measured time.
  std::vector<Bytes> frames(std::size_t count) {
    std::vector<Bytes> out;
    for (std::size_t i = 0; i < count; ++i) {
      alice.links.send(*alice.neighbour, records, 0, now);
      out.push_back(std::move(alice.sent.back().second));
      alice.sent.clear();
    }
    return out;
  }
};

/// The packet record of a frame through Links::send, up to the carrier; re-keys as they fall due.
void hop_frame_seal(benchmark::State& state) {
  Linked ends(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    if (ends.alice.links.send(*ends.alice.neighbour, ends.records, 0, ends.now) == 0) {
      state.SkipWithError("not sent");
      break;
    }
    ends.alice.sent.clear();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hop_frame_seal)->Arg(64)->Arg(256)->Arg(500)->Arg(1'196)->Iterations(400'000);

/// From the carrier through Links::receive to the record.
void hop_frame_open(benchmark::State& state) {
  constexpr std::size_t kBatch = 512;
  Linked ends(static_cast<std::size_t>(state.range(0)));
  double spent = 0;
  for (auto _ : state) {
    const auto frames = ends.frames(kBatch);
    const double begin = cpu_seconds();
    for (const Bytes& frame : frames)
      ends.bob.links.receive({0, "a:1"}, frame, {}, ends.now);
    const double took = cpu_seconds() - begin;
    spent += took;
    state.SetIterationTime(took);
    ends.bob.sent.clear();
  }
  if (ends.bob.records != static_cast<std::uint64_t>(state.iterations()) * kBatch)
    state.SkipWithError("records were lost");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kBatch) * state.range(0));
}
BENCHMARK(hop_frame_open)
    ->Arg(64)
    ->Arg(256)
    ->Arg(500)
    ->Arg(1'196)
    ->UseManualTime()
    ->Iterations(600);

/// The floor of both: libsodium alone on as many bytes.
void hop_cipher_alone(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0)) + wire::kHopRecordHeader;
  Bytes text(size + wire::kHopTag);
  const Bytes key = random_bytes(32, 1), header = random_bytes(16, 2), nonce = random_bytes(12, 3);
  for (auto _ : state) {
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(
        text.data(), text.data() + size, nullptr, text.data(), size, header.data(), header.size(),
        nullptr, nonce.data(), key.data());
    benchmark::DoNotOptimize(text.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hop_cipher_alone)->Arg(64)->Arg(256)->Arg(500)->Arg(1'196);

}  // namespace
}  // namespace mehr::bench
