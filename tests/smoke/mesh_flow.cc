// Numbered packets through a mesh, proved at the other end: what the smoke test of both planes
// asks. Both ends are plain Reticulum nodes on a UDP interface of a gateway; relays look at no
// signature of a proof, so the proofs here have none.
//   mesh_flow owner LOCAL REMOTE            announces, proves; until SIGTERM, then "received=.. .."
//   mesh_flow send LOCAL REMOTE TRANSPORT DESTINATION COUNT SIZE INTERVAL_US
// LOCAL and REMOTE are ports of the loopback. The sender says "seconds N sent S proved P" every
// second and at the end "sent=.. proved=.. gap_ms=..": the longest time without a proof.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/crypto/announce.h"
#include "core/crypto/hash.h"
#include "core/crypto/identity.h"
#include "core/wire/packet.h"

namespace mehr {
namespace {

using Clock = std::chrono::steady_clock;
volatile std::sig_atomic_t stopping = 0;

double seconds_since(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

class Wire {
 public:
  Wire(unsigned long local, unsigned long remote) : fd_(socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in own{};
    own.sin_family = to_.sin_family = AF_INET;
    own.sin_addr.s_addr = to_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    own.sin_port = htons(static_cast<std::uint16_t>(local));
    to_.sin_port = htons(static_cast<std::uint16_t>(remote));
    const int room = 4 << 20;
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    const void* generic = &own;
    if (bind(fd_, static_cast<const sockaddr*>(generic), sizeof own) != 0) {
      std::perror("bind");
      std::exit(1);
    }
  }
  ~Wire() { close(fd_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void send(ByteView packet) const {
    const void* generic = &to_;
    static_cast<void>(sendto(fd_, packet.data(), packet.size(), 0,
                             static_cast<const sockaddr*>(generic), sizeof to_));
  }
  /// Empty when nothing came in time.
  ByteView receive(int wait_ms) {
    pollfd one{fd_, POLLIN, 0};
    if (poll(&one, 1, wait_ms) <= 0) return {};
    const auto got = recv(fd_, buffer_.data(), buffer_.size(), 0);
    return ByteView(buffer_.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  }

 private:
  int fd_;
  sockaddr_in to_{};
  std::array<std::uint8_t, 2'048> buffer_{};
};

Bytes announce_of(const crypto::PrivateIdentity& identity, Random& random) {
  crypto::AnnounceDraft draft;
  draft.name = crypto::name_hash("mehr.flow");
  draft.identity = identity.public_identity();
  draft.destination = crypto::destination_hash(draft.name, identity.hash());
  draft.random_hash = crypto::announce_random_hash(
      random.fixed<5>(),
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  return crypto::encode_announce(draft, identity.sign(crypto::signed_material(draft)),
                                 wire::Context::kNone);
}

int own(Wire& wire) {
  SeededRandom random(static_cast<std::uint64_t>(getpid()));
  const auto identity = crypto::PrivateIdentity::generate(random);
  const auto destination =
      crypto::destination_hash(crypto::name_hash("mehr.flow"), identity.hash());
  std::printf("%s\n", to_hex(destination).c_str());
  std::fflush(stdout);
  std::set<Bytes> distinct;
  std::size_t received = 0;
  auto announced = Clock::now() - std::chrono::hours(1);
  while (stopping == 0) {
    if (received == 0 && seconds_since(announced) > 5) {
      announced = Clock::now();
      wire.send(announce_of(identity, random));
    }
    const ByteView raw = wire.receive(100);
    const auto packet = wire::decode_packet(raw);
    if (!packet || packet->destination != destination) continue;
    ++received;
    distinct.insert(to_bytes(packet->data.first(4)));
    const Hash32 hash = crypto::packet_hash(raw);
    Bytes proof{0x03, 0};
    append(proof, hash.view().first(16));
    proof.push_back(0);
    append(proof, random.fixed<32>().view());
    append(proof, random.fixed<32>().view());
    wire.send(proof);
  }
  std::printf("received=%zu distinct=%zu\n", received, distinct.size());
  return 0;
}

struct Sender {
  Bytes head;  ///< up to the number
  std::uint32_t count, sent = 0, proved = 0;
  std::size_t size;
  double interval_s;
  std::set<Bytes> waiting;  ///< truncated hashes
  Clock::time_point last_proof = Clock::now();
  double gap = 0;

  void send(Wire& wire, Random& random) {
    Bytes packet = head;
    append(packet, ByteWriter(4).u32_le(sent++).take());
    Bytes rest(size - packet.size());
    random.fill(rest);
    append(packet, rest);
    waiting.insert(to_bytes(crypto::packet_hash(packet).view().first(16)));
    wire.send(packet);
  }
  void take(ByteView raw) {
    if (raw.size() < 19 || (raw[0] & 3) != 3 || waiting.erase(to_bytes(raw.subspan(2, 16))) == 0)
      return;
    ++proved;
    gap = std::max(gap, seconds_since(last_proof));
    last_proof = Clock::now();
  }
};

int send(Wire& wire, Sender sender) {
  SeededRandom random(static_cast<std::uint64_t>(getpid()));  // no packet twice
  const auto begin = Clock::now();
  sender.last_proof = begin;
  int told = 0;
  // Half a second of silence after the last packet ends it.
  while (sender.sent < sender.count || seconds_since(sender.last_proof) < 2) {
    const double now = seconds_since(begin);
    while (sender.sent < sender.count && sender.sent * sender.interval_s <= now)
      sender.send(wire, random);
    for (ByteView raw = wire.receive(1); !raw.empty(); raw = wire.receive(0))
      sender.take(raw);
    if (now < told + 1) continue;
    std::printf("seconds %d sent %u proved %u\n", ++told, sender.sent, sender.proved);
    std::fflush(stdout);
    if (sender.sent == sender.count && sender.proved == sender.count) break;
  }
  std::printf("sent=%u proved=%u gap_ms=%.0f\n", sender.sent, sender.proved, sender.gap * 1e3);
  return 0;
}

}  // namespace
}  // namespace mehr

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  std::signal(SIGTERM, [](int) { mehr::stopping = 1; });
  if (words.size() == 3 && words[0] == "owner") {
    mehr::Wire wire(std::stoul(words[1]), std::stoul(words[2]));
    return mehr::own(wire);
  }
  if (words.size() == 8 && words[0] == "send") {
    mehr::Wire wire(std::stoul(words[1]), std::stoul(words[2]));
    const auto transport = mehr::fixed_from_hex<16>(words[3]);
    const auto destination = mehr::fixed_from_hex<16>(words[4]);
    if (!transport || !destination) return 2;
    mehr::Sender sender;
    sender.head = {0x50, 0};
    mehr::append(sender.head, transport->view());
    mehr::append(sender.head, destination->view());
    sender.head.push_back(0);
    sender.count = static_cast<std::uint32_t>(std::stoul(words[5]));
    sender.size = std::stoul(words[6]);
    sender.interval_s = std::stod(words[7]) / 1e6;
    return mehr::send(wire, sender);
  }
  std::fprintf(stderr, "usage: see the head of mesh_flow.cc\n");
  return 2;
}
