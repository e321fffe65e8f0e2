// Spoofed handshakes against honest ones over UDP on loopback: one thread says hello as fast as a
// core can, each time from another address of 127.0.0.0/8; one is a node's link layer behind a
// socket, or a running mehrd; one is honest peers that begin handshakes and count how many link
// within a second. Prints figures; see bench/README.md.
#include <pthread.h>
#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "bench/flood/udp.h"
#include "controlplane/link/links.h"
#include "controlplane/signer/local_signer.h"

namespace mehr::bench {
namespace {

using border::Counter;

constexpr Duration kTick = 10ms;

void run_on_core(unsigned core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core % std::max(1U, std::thread::hardware_concurrency()), &cores);
  pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
}

/// A link layer on a socket of its own.
class Peer final : public link::LinksSink {
 public:
  Peer(const std::string& at, std::uint64_t seed, bool any)
      : socket(at),
        random_(seed),
        signer_(crypto::PrivateIdentity::generate(random_)),
        links(config(any), *this, signer_, random_, counters) {
    links.carrier_up(0, {.name = "udp"}, steady_now());
  }
  /// Takes what has arrived, at most `most`. @return how many datagrams
  unsigned poll(Duration patience, unsigned most) {
    unsigned count = 0;
    for (; count < most; ++count) {
      const auto datagram = socket.receive(count == 0 ? patience : Duration{});
      if (!datagram) break;
      const std::size_t replies = reply_bytes;
      const bool in_the_clear = !datagram->bytes.empty() && (datagram->bytes[0] & 0x0F) != 5;
      links.receive({0, datagram->from}, datagram->bytes, datagram->waited, steady_now());
      if (in_the_clear && links.under_load()) {
        amplified += reply_bytes - replies > datagram->bytes.size() ? 1U : 0U;
      }
    }
    return count;
  }
  void send(const link::CarrierPath& path, ByteView frame) override {
    reply_bytes += frame.size();
    socket.send(path.address, frame);
  }
  void neighbour_up(const link::NeighbourReport&) override { up_since = steady_now(); }
  void neighbour_down(link::NeighbourId, const IdentityHash&, std::string_view) override {
    up_since.reset();
  }
  void record(link::NeighbourId, const wire::HopRecord&) override {}

  UdpSocket socket;
  border::Counters counters;
  std::optional<Time> up_since;
  std::size_t reply_bytes = 0;
  std::uint64_t amplified = 0;  ///< replies larger than what they answered

 private:
  static link::LinksConfig config(bool any) {
    link::LinksConfig out;
    out.policy.any = any;
    out.policy.any_limit = out.neighbour_limit = 100'000;
    return out;
  }
  SeededRandom random_;
  signer::LocalSigner signer_;

 public:
  link::Links links;
};

struct Shared {
  std::atomic<bool> flooding{false}, over{false};
  std::atomic<std::uint64_t> spoofed{0}, refused{0}, received{0};
  std::atomic<std::uint64_t> half_open_most{0};
};

/// Hellos whose every field is random: nothing about them can be known in advance.
void flood(const std::string& target, Shared& shared) {
  run_on_core(0);
  UdpSocket socket("0.0.0.0:0");
  const sockaddr_in to = UdpSocket::parse(target);
  SeededRandom random(99);
  wire::HopHello hello;
  hello.padded = true;
  Bytes message = wire::encode_hop_hello(hello);
  while (!shared.over) {
    if (!shared.flooding) {
      std::this_thread::sleep_for(kTick);
      continue;
    }
    random.fill(MutableByteView(message).subspan(4, 36));
    const auto low = static_cast<std::uint32_t>(random.below(0x00FFFFFE)) + 1;
    const bool sent = socket.send_as({htonl(0x7F000000U | low)}, to, message);
    ++(sent ? shared.spoofed : shared.refused);
  }
}

void serve(Peer& server, Shared& shared) {
  run_on_core(1);
  Time next_tick = steady_now();
  while (!shared.over) {
    shared.received += server.poll(kTick, 64);
    const Time now = steady_now();
    if (now < next_tick) continue;
    server.links.tick(now);
    next_tick = now + kTick;
    shared.half_open_most =
        std::max<std::uint64_t>(shared.half_open_most, server.links.half_open());
  }
}

struct Honest {
  Honest(unsigned index, const std::string& target)
      : peer("127." + std::to_string(1 + index / 250) + "." + std::to_string(index % 250) + ".9:0",
             1'000 + index, true),
        begun(steady_now()) {
    peer.links.maintain_peer({0, target}, {}, begun);
    peer.links.tick(begun);
  }
  Peer peer;
  Time begun;
  [[nodiscard]] std::optional<double> took() const {
    if (!peer.up_since) return std::nullopt;
    return to_seconds(*peer.up_since - begun);
  }
};

/// `count` peers, one every `apart`; waits two seconds for the last. @return seconds, sorted
std::vector<double> honest_peers(unsigned count, Duration apart, const std::string& target) {
  std::vector<std::unique_ptr<Honest>> peers;
  const Time begin = steady_now();
  Time last_tick = begin;
  while (steady_now() < begin + apart * count + 2s) {
    const Time now = steady_now();
    if (peers.size() < count && now >= begin + apart * static_cast<int>(peers.size())) {
      peers.push_back(std::make_unique<Honest>(static_cast<unsigned>(peers.size()), target));
    }
    const bool tick = now - last_tick >= kTick;
    if (tick) last_tick = now;
    // Only those who still wait matter; there are never many.
    const std::size_t first = peers.size() > 200 ? peers.size() - 200 : 0;
    for (std::size_t i = first; i < peers.size(); ++i) {
      peers[i]->peer.poll(Duration{}, 8);
      if (tick) peers[i]->peer.links.tick(now);
    }
    std::this_thread::sleep_for(1ms);
  }
  std::vector<double> out;
  for (const auto& one : peers) {
    if (const auto took = one->took()) out.push_back(*took);
  }
  std::sort(out.begin(), out.end());
  return out;
}

void print_honest(const char* when, const std::vector<double>& took, unsigned count) {
  const auto within = static_cast<std::size_t>(
      std::count_if(took.begin(), took.end(), [](double seconds) { return seconds <= 1.0; }));
  std::printf("%s: %zu of %u honest handshakes within 1 s (%.2f %%)", when, within, count,
              100.0 * static_cast<double>(within) / count);
  if (!took.empty()) {
    std::printf(", median %.1f ms, 99th of those linked %.1f ms", 1e3 * took[took.size() / 2],
                1e3 * took[took.size() * 99 / 100]);
  }
  std::printf("\n");
}

int run(const std::string& target, unsigned count) {
  Shared shared;
  std::unique_ptr<Peer> server;
  std::thread serving;
  std::string at = target;
  if (at.empty()) {
    server = std::make_unique<Peer>("127.0.0.1:0", 7, true);
    at = server->socket.address();
    serving = std::thread([&] { serve(*server, shared); });
  }
  std::thread flooding([&] { flood(at, shared); });
  print_honest("quiet", honest_peers(count, 10ms, at), count);
  const long before = resident_kib();
  shared.flooding = true;
  std::this_thread::sleep_for(2s);
  const std::uint64_t sent = shared.spoofed, got = shared.received;
  const Time begin = steady_now();
  const auto took = honest_peers(count, 10ms, at);
  const double seconds = to_seconds(steady_now() - begin);
  print_honest("flood", took, count);
  std::printf("spoofed hellos sent: %.0f/s\n",
              static_cast<double>(shared.spoofed - sent) / seconds);
  if (server) {
    std::printf("datagrams handled: %.0f/s, lost in a full socket: %u\n",
                static_cast<double>(shared.received - got) / seconds, server->socket.overflowed());
  }
  const long after = resident_kib();
  shared.over = true;
  flooding.join();
  if (!server) return 0;
  serving.join();
  std::printf("under load: %s; half-open at most %llu; replies larger than their request: %llu\n",
              server->links.under_load() ? "yes" : "no",
              static_cast<unsigned long long>(shared.half_open_most),
              static_cast<unsigned long long>(server->amplified));
  std::printf("memory: %ld KiB before, %ld KiB after (%u honest peers live in this process too)\n",
              before, after, count);
  return 0;
}

}  // namespace
}  // namespace mehr::bench

int main(int argc, char** argv) {
  if (sodium_init() < 0) return 1;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::string target = argc > 1 ? argv[1] : "";
  if (argc > 3 || target.starts_with("-")) {
    std::fprintf(stderr,
                 "usage: %s [ADDRESS:PORT [HONEST]]\n"
                 "Floods the node there, without an address one of its own; HONEST peers (1000).\n"
                 "Loopback only: the node must welcome any identity.\n",
                 argv[0]);
    return 2;
  }
  if (!target.empty() && !target.starts_with("127.")) {
    std::fprintf(stderr, "loopback addresses only\n");
    return 2;
  }
  const unsigned count = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 1'000;
  return mehr::bench::run(target == "127.0.0.1:0" ? "" : target, count);
}
