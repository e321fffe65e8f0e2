// Two neighbours behind one dataplane, over the kernel's own sockets: numbered packets from one
// come out at the other, sealed both times, while the control plane comes and goes. Prints what it
// saw; exit 0 when nothing was lost. Run by tests/smoke/dataplane_netns.sh and bench/idle.
//
//   kernel_flow SOCKET HERE DATAPLANE COUNT [REST_MS]   addresses without port, IPv4 or IPv6
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "core/crypto/aead.h"
#include "core/wire/hop_frame.h"
#include "core/wire/packet.h"
#include "tests/stages/process.h"

namespace mehr::stages {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint16_t kPort = 4343;              // of the dataplane
constexpr std::uint16_t kFrom = 5000, kTo = 5001;  // of the two neighbours
const Hash16 kOwn{{0x0A, 0x0B}}, kNext{{0x55, 0x66}}, kDestination{{0xD0, 1}};

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  border::EndpointForm form = border::EndpointForm::kUdp4;
  Endpoint::Address bytes{};
  [[nodiscard]] sockaddr* generic() {
    void* at = &storage;
    return static_cast<sockaddr*>(at);
  }
};

Address address_of(const std::string& text, std::uint16_t port) {
  Address out;
  void* at = &out.storage;
  auto* four = static_cast<sockaddr_in*>(at);
  auto* six = static_cast<sockaddr_in6*>(at);
  if (inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    out.size = sizeof *four;
    std::memcpy(out.bytes.data(), &four->sin_addr, 4);
  } else if (inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    out.size = sizeof *six;
    out.form = border::EndpointForm::kUdp6;
    std::memcpy(out.bytes.data(), &six->sin6_addr, 16);
  } else {
    throw std::runtime_error("no address: " + text);
  }
  return out;
}

int bound(Address at) {
  const int socket = ::socket(at.generic()->sa_family, SOCK_DGRAM, 0);
  const int megabytes = 4 << 20;
  setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &megabytes, sizeof megabytes);
  if (bind(socket, at.generic(), at.size) != 0) throw std::runtime_error("cannot bind");
  return socket;
}

/// The neighbour behind one of our sockets; MAC and source address are the kernel's to know.
Endpoint neighbour(const Address& here, std::uint16_t port) {
  Endpoint out;
  out.form = here.form;
  out.local_port = kPort;
  out.remote_port = port;
  out.remote = here.bytes;
  return out;
}

class Flow {
 public:
  Flow(const std::string& here, const std::string& there)
      : here_(address_of(here, 0)),
        there_(address_of(there, kPort)),
        from_(bound(address_of(here, kFrom))),
        to_(bound(address_of(here, kTo))) {}
  ~Flow() {
    close(from_);
    close(to_);
  }

  void install(Dataplane& plane) const {
    plane.tell({border::Hello{border::kVersion, kOwn, true, {}},
                border::Reset{border::Reset::kFlows | border::Reset::kNeighbours}});
    plane.tell_neighbour(0, neighbour(here_, kFrom));
    plane.tell_neighbour(1, neighbour(here_, kTo));
    plane.tell({border::SetNextHop{0, kNext, 1, false, false, 0xFFFF},
                border::SetFlow{kDestination, border::FlowTarget::kPath, 0}});
  }

  /// Packets with 32 under way at most. @return how many came out, each as it must be
  std::size_t run(std::size_t count) {
    std::size_t got = 0;
    for (std::size_t sent = 0; got < count;) {
      if (sent < count && sent < got + 32) {
        send_one();
        ++sent;
        continue;
      }
      const std::size_t more = receive_one(2'000);
      if (more == 0) break;
      got += more;
    }
    return got;
  }
  /// One packet after `rest`. @return microseconds until it was back; negative when lost
  double after(std::chrono::milliseconds rest) {
    std::this_thread::sleep_for(rest);  // what is measured, not waited for
    const auto begin = Clock::now();
    send_one();
    if (receive_one(2'000) != 1) return -1;
    return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
  }

 private:
  void send_one() {
    wire::Packet packet;
    packet.header_type = wire::HeaderType::kTwo;
    packet.transport_type = wire::TransportType::kTransport;
    packet.transport_id = kOwn;
    packet.destination = kDestination;
    ByteWriter body;
    body.u64_be(run_).u64_be(next_).bytes(Bytes(200, 7));
    packet.data = body.written();
    const Bytes frame = sealed(0, next_++, record(0x80, 0, wire::encode_packet(packet)));
    if (sendto(from_, frame.data(), frame.size(), 0, there_.generic(), there_.size) < 0)
      throw std::runtime_error("cannot send");
  }
  /// Packets of one frame; 0 when none came in time or it is not as it must be.
  std::size_t receive_one(int milliseconds) {
    pollfd wanted{to_, POLLIN, 0};
    if (poll(&wanted, 1, milliseconds) <= 0) return 0;
    Bytes frame(2'048);
    const ssize_t size = recv(to_, frame.data(), frame.size(), 0);
    if (size <= 0) return 0;
    frame.resize(static_cast<std::size_t>(size));
    const auto data = wire::decode_hop_data(frame, false);
    if (!data || data->receiver_index != index_out(1)) return 0;
    const auto plain =
        crypto::open_aead(key_out(1), data->counter.packed(), data->header, data->sealed);
    std::size_t packets = 0;
    const bool whole =
        plain && wire::decode_hop_records(*plain, [&](const wire::HopRecord& record) {
          const auto packet = wire::decode_packet(record.body);
          if (packet && packet->transport_id == kNext && packet->hops == 1) ++packets;
        });
    return whole ? packets : 0;
  }

  Address here_, there_;
  int from_, to_;
  std::uint64_t next_ = 0;
  /// So that no run's packets are another's duplicates.
  std::uint64_t run_ = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
};

bool all_through(Flow& flow, std::size_t count, const char* when) {
  const auto begin = Clock::now();
  const std::size_t got = flow.run(count);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("%s: %zu of %zu packets in %.2f s\n", when, got, count, seconds);
  return got == count;
}

/// The kernel may have to ask for our MAC first.
bool reachable(Flow& flow) {
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  while (Clock::now() < deadline) {
    if (flow.after(std::chrono::milliseconds(0)) >= 0) return true;
  }
  return false;
}

int measure(Flow& flow, std::size_t count, std::chrono::milliseconds rest) {
  std::vector<double> times;
  for (std::size_t i = 0; i < count; ++i)
    times.push_back(flow.after(rest));
  std::sort(times.begin(), times.end());
  std::printf(
      "first packet after %lld ms of rest, there and back, us: median %.0f, worst %.0f of %zu, "
      "lost %zu\n",
      static_cast<long long>(rest.count()), times[times.size() / 2], times.back(), times.size(),
      static_cast<std::size_t>(
          std::count_if(times.begin(), times.end(), [](double t) { return t < 0; })));
  return times.front() < 0 ? 1 : 0;
}

int run(const std::vector<std::string>& words) {
  const std::size_t count = std::stoul(words[3]);
  Flow flow(words[1], words[2]);
  {
    Dataplane plane(words[0]);
    flow.install(plane);
    if (!plane.sync() || !reachable(flow)) {
      std::printf("the dataplane does not forward\n");
      return 1;
    }
    if (words.size() > 4)
      return measure(flow, count, std::chrono::milliseconds(std::stol(words[4])));
    if (!all_through(flow, count, "with a control plane")) return 1;
  }
  if (!all_through(flow, count, "without one")) return 1;
  Dataplane again(words[0]);
  again.tell({border::Hello{border::kVersion, kOwn, true, {}}});
  if (!again.sync() || !all_through(flow, count, "with it back")) return 1;
  return again.all<border::Ready>().size() == 1 ? 0 : 1;
}

}  // namespace
}  // namespace mehr::stages

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 4) {
    std::fprintf(stderr, "usage: kernel_flow SOCKET HERE DATAPLANE COUNT [REST_MS]\n");
    return 2;
  }
  try {
    return mehr::stages::run(words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kernel_flow: %s\n", error.what());
    return 1;
  }
}
