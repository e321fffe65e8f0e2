// Sockets, files and a child process; headers as RFC 791, 768, 8200 draw them.
#include "tests/stages/process.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "core/base/assert.h"
#include "core/base/random.h"
#include "core/crypto/aead.h"
#include "core/wire/hop_frame.h"

namespace mehr::stages {
namespace {

using border::EndpointForm;

void put16(Bytes& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void set16(Bytes& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

/// RFC 1071, one 16-bit word after the other.
std::uint16_t internet_checksum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    sum += static_cast<std::uint32_t>(bytes[i] << 8) + (i + 1 < bytes.size() ? bytes[i + 1] : 0u);
  while (sum > 0xFFFF)
    sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// UDP header and body with the checksum over the pseudo header.
Bytes datagram(ByteView from, ByteView to, std::uint16_t source, std::uint16_t target,
               ByteView body) {
  Bytes udp;
  put16(udp, source);
  put16(udp, target);
  put16(udp, 8 + body.size());
  put16(udp, 0);
  append(udp, body);
  Bytes pseudo = concat({from, to});
  if (from.size() == 4) {
    put16(pseudo, 17);
    put16(pseudo, udp.size());
  } else {
    put16(pseudo, 0);
    put16(pseudo, udp.size());
    put16(pseudo, 0);
    put16(pseudo, 17);
  }
  append(pseudo, udp);
  const std::uint16_t sum = internet_checksum(pseudo);
  set16(udp, 6, sum == 0 ? std::uint16_t{0xFFFF} : sum);
  return udp;
}

Bytes ip4(ByteView from, ByteView to, ByteView udp, const Wrap& how) {
  Bytes ip;
  put16(ip, (0x40 + (20 + how.ip_options) / 4) << 8);
  put16(ip, 20 + how.ip_options + udp.size());
  put16(ip, 0);
  put16(ip, how.fragment != 0 ? how.fragment : 0x4000);
  put16(ip, 64 << 8 | 17);
  put16(ip, 0);
  append(ip, from);
  append(ip, to);
  ip.insert(ip.end(), how.ip_options, std::uint8_t{1});
  set16(ip, 10, internet_checksum(ip));
  append(ip, udp);
  return ip;
}

Bytes ip6(ByteView from, ByteView to, ByteView udp) {
  Bytes ip{0x60, 0, 0, 0};
  put16(ip, udp.size());
  ip.push_back(17);
  ip.push_back(64);
  append(ip, from);
  append(ip, to);
  append(ip, udp);
  return ip;
}

Endpoint wire_of(std::uint8_t n) {
  Endpoint out;
  out.local_mac = {2, 0, 0, 0, 1, n};
  out.remote_mac = {2, 0, 0, 0, 2, n};
  return out;
}

Endpoint udp(std::uint8_t n) {
  Endpoint out = wire_of(n);
  out.local_port = 4343;
  out.remote_port = static_cast<std::uint16_t>(40'000 + n);
  return out;
}

Bytes sealed_under(const Hash32& key, std::uint32_t index, std::uint64_t sequence,
                   ByteView records) {
  const wire::HopCounter counter{0, sequence};
  Bytes frame = wire::encode_hop_header(index, counter, false);
  append(frame, crypto::seal_aead(key, counter.packed(), frame, records));
  return frame;
}

}  // namespace

void write_pcap(const std::string& path, const std::vector<Bytes>& frames) {
  ByteWriter out;
  out.u32_le(0xA1B2C3D4).u16_le(2).u16_le(4).u32_le(0).u32_le(0).u32_le(65'535).u32_le(1);
  for (const Bytes& frame : frames) {
    const auto size = static_cast<std::uint32_t>(frame.size());
    out.u32_le(0).u32_le(0).u32_le(size).u32_le(size).bytes(frame);
  }
  std::ofstream file(path, std::ios::binary);
  const std::string text = as_text(out.written());
  file << text;
}

std::vector<Bytes> read_pcap(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ByteReader in(as_bytes(text));
  in.take(24);
  std::vector<Bytes> frames;
  while (in.remaining() > 0 && !in.failed()) {
    in.take(8);
    const std::uint32_t size = in.u32_le();
    in.take(4);
    frames.push_back(to_bytes(in.take(size)));
  }
  return frames;
}

Bytes wrapped(const Endpoint& endpoint, ByteView hop_frame, const Wrap& how) {
  const ByteView here_mac = endpoint.local_mac, there_mac = endpoint.remote_mac;
  Bytes out = how.inbound ? concat({here_mac, there_mac}) : concat({there_mac, here_mac});
  if (how.vlan) {
    put16(out, 0x8100);
    put16(out, 7);
  }
  const std::size_t size = endpoint.form == EndpointForm::kUdp4 ? 4 : 16;
  const ByteView here{endpoint.local.data(), size}, there{endpoint.remote.data(), size};
  const Bytes udp =
      how.inbound ? datagram(there, here, endpoint.remote_port, endpoint.local_port, hop_frame)
                  : datagram(here, there, endpoint.local_port, endpoint.remote_port, hop_frame);
  const ByteView from = how.inbound ? there : here, to = how.inbound ? here : there;
  switch (endpoint.form) {
    case EndpointForm::kEthernet:
      put16(out, 0x88B5);
      put16(out, hop_frame.size());
      append(out, hop_frame);
      break;
    case EndpointForm::kUdp4:
      put16(out, 0x0800);
      append(out, ip4(from, to, udp, how));
      break;
    case EndpointForm::kUdp6:
      put16(out, 0x86DD);
      append(out, ip6(from, to, udp));
      break;
  }
  out.insert(out.end(), how.padding, std::uint8_t{0});
  return out;
}

Endpoint udp4(std::uint8_t n) {
  Endpoint out = udp(n);
  out.form = EndpointForm::kUdp4;
  out.local = {10, 0, n, 1};
  out.remote = {10, 0, n, 2};
  return out;
}

Endpoint udp6(std::uint8_t n) {
  Endpoint out = udp(n);
  out.form = EndpointForm::kUdp6;
  out.local = {0xFD, 0, 0, n, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  out.remote = {0xFD, 0, 0, n, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
  return out;
}

Endpoint ethernet(std::uint8_t n) {
  Endpoint out = wire_of(n);
  out.form = EndpointForm::kEthernet;
  return out;
}

Hash32 key_in(std::uint16_t n) {
  SeededRandom random(1'000 + n);
  return random.fixed<32>();
}
Hash32 key_out(std::uint16_t n) {
  SeededRandom random(2'000 + n);
  return random.fixed<32>();
}
std::uint32_t index_in(std::uint16_t n) {
  return 0xABCD'0000u + n;
}
std::uint32_t index_out(std::uint16_t n) {
  return 0x1234'0000u + n;
}
Bytes sealed(std::uint16_t n, std::uint64_t sequence, ByteView records) {
  return sealed_under(key_in(n), index_in(n), sequence, records);
}
Bytes sealed_by_us(std::uint16_t n, std::uint64_t sequence, ByteView records) {
  return sealed_under(key_out(n), index_out(n), sequence, records);
}
Bytes record(std::uint8_t hop_class, std::uint8_t price, ByteView body) {
  Bytes out;
  wire::append_hop_record(out, {wire::HopClass::unpack(hop_class), price, body});
  return out;
}

Dataplane::Dataplane(const std::vector<std::string>& arguments) {
  int pair[2];
  MEHR_ASSERT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
  socket_ = pair[0];
  const char* program = std::getenv("MEHR_DATAPLANE");
  std::vector<std::string> words{program == nullptr ? "mehr-dataplane" : program, "--fd",
                                 std::to_string(pair[1])};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  process_ = fork();
  if (process_ == 0) {
    close(pair[0]);
    // A process that cannot be traced cannot be searched for leaks either.
    const char* sanitizer = std::getenv("ASAN_OPTIONS");
    setenv("ASAN_OPTIONS",
           (std::string(sanitizer == nullptr ? "" : sanitizer) + ":detect_leaks=0").c_str(), 1);
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  close(pair[1]);
}

Dataplane::Dataplane(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  MEHR_ASSERT(socket.size() < sizeof address.sun_path);
  std::copy(socket.begin(), socket.end(), address.sun_path);
  socket_ = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
  const void* generic = &address;
  if (connect(socket_, static_cast<const sockaddr*>(generic), sizeof address) != 0)
    throw std::runtime_error("nobody listens on " + socket);
}

Dataplane::~Dataplane() {
  if (process_ > 0) stop();
  close(socket_);
}

void Dataplane::tell(const std::vector<Down>& messages) {
  border::PacketBuilder builder;
  for (const Down& message : messages)
    MEHR_ASSERT(builder.add(message));
  const ByteView packet = builder.packet();
  MEHR_ASSERT(send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(packet.size()));
}

void Dataplane::tell_neighbour(std::uint16_t n, const Endpoint& endpoint) {
  constexpr std::uint64_t kHour = 3'600'000'000'000;
  constexpr std::uint64_t kBytes = 1'000'000'000;
  tell({border::SetNeighbour{n, 0, 1'396, 1'392, border::kUnlimited, 0, endpoint},
        border::SetReceive{
            index_in(n), n, border::Secret(key_in(n)), kHour, kBytes, {border::kNoSequence}},
        border::SetSend{n, 0, index_out(n), border::Secret(key_out(n)), 0, kHour, kBytes}});
}

bool Dataplane::read_packet() {
  Bytes packet(border::kPacketMax);
  const ssize_t got = recv(socket_, packet.data(), packet.size(), 0);
  if (got <= 0) return false;
  packet.resize(static_cast<std::size_t>(got));
  kept_.push_back(std::move(packet));
  const auto messages = border::decode_up(kept_.back());
  MEHR_ASSERT(messages);
  heard_.insert(heard_.end(), messages->begin(), messages->end());
  return true;
}

bool Dataplane::hear_until(const std::function<bool(const Up&)>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (std::size_t looked = 0;;) {
    for (; looked < heard_.size(); ++looked) {
      if (done(heard_[looked])) return true;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd wanted{socket_, POLLIN, 0};
    if (left.count() <= 0 || poll(&wanted, 1, static_cast<int>(left.count())) <= 0) return false;
    if (!read_packet()) return false;
  }
}

bool Dataplane::sync() {
  const std::uint64_t token = ++token_;
  tell({border::Sync{token}});
  return hear_until([&](const Up& message) {
    const auto* synced = std::get_if<border::Synced>(&message);
    return synced != nullptr && synced->token == token;
  });
}

std::uint64_t Dataplane::counter(border::Counter which) const {
  std::uint64_t value = 0;
  for (const Up& message : heard_) {
    const auto* readings = std::get_if<border::CounterReadings>(&message);
    if (readings == nullptr) continue;
    for (const auto& row : readings->rows) {
      if (row.counter == static_cast<std::uint16_t>(which)) value = row.value;
    }
  }
  return value;
}

bool Dataplane::frames_received(std::uint64_t count) {
  return hear_until([&](const Up&) { return counter(border::Counter::kRxFrames) >= count; });
}

int Dataplane::stop() {
  kill(process_, SIGTERM);
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace mehr::stages
