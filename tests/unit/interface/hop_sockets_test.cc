// Hop links on real sockets: what strangers send, peers remembered over a restart, and two links at
// once between the same two nodes.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "controlplane/interface/hop_tcp.h"
#include "controlplane/interface/hop_udp.h"
#include "core/wire/hop_handshake.h"
#include "tests/unit/interface/hop_node.h"

namespace mehr::interface {
namespace {

using border::Counter;

class HopSockets : public InterfaceTest {
 protected:
  HopNode node(std::uint64_t seed) {
    return HopNode(*loop, seed, [this] { poke(); });
  }
  static config::InterfaceConfig config(const std::string& transport) {
    config::InterfaceConfig out;
    out.name = transport;
    out.kind = config::InterfaceKind::kHop;
    out.hop.transport = transport;
    out.listen_host = "127.0.0.1";
    out.listen_port = 0;
    return out;
  }
  template <typename Hop>
  std::unique_ptr<Hop> start(HopNode& node, const config::InterfaceConfig& config) {
    InterfaceContext with{*loop, daemon, node.counters, random};
    with.carriers = &node;
    auto hop = std::make_unique<Hop>(config, with);
    hop->start();
    return hop;
  }
  /// A peer's text: who and where.
  static std::string at(const HopNode& node, const std::string& address) {
    return to_hex(node.identity()) + "@" + address;
  }
  std::unique_ptr<reactor::Stream> connect(const std::string& address) {
    std::unique_ptr<reactor::Stream> out;
    const auto attempt = loop->connect_tcp("127.0.0.1", port_of(address), {}, 5s,
                                           [&](Result<std::unique_ptr<reactor::Stream>> made) {
                                             ASSERT_TRUE(made.ok());
                                             out = *std::move(made);
                                             poke();
                                           });
    EXPECT_TRUE(until([&] { return out != nullptr; }));
    return out;
  }
  /// Writes that to a new connection, waits for its end from the other side.
  bool ended_after(const std::string& address, const Bytes& bytes) {
    auto stream = connect(address);
    bool closed = false;
    reactor::Stream::Events events;
    events.data = [](ByteView) {};
    events.closed = [&](const Status&) {
      closed = true;
      poke();
    };
    stream->start(std::move(events));
    stream->write(bytes);
    return until([&] { return closed; });
  }
};

TEST_F(HopSockets, TcpEndsWhatIsNoStreamOfFrames) {
  HopNode server = node(1);
  const auto hop = start<HopTcp>(server, config("tcp"));
  EXPECT_TRUE(ended_after(hop->local_address(), Bytes{0, 0, 1, 2, 3}));
  EXPECT_EQ(server.count(Counter::kHopMalformed), 1U);
  EXPECT_EQ(server.frames, 0U);
  // A frame as long as a length can say, of rubbish: counted as one, the connection may go on.
  Bytes large(2 + 65'535, 0xFF);
  const auto stream = connect(hop->local_address());
  reactor::Stream::Events events;
  events.data = [](ByteView) {};
  events.closed = [](const Status&) {};
  stream->start(std::move(events));
  stream->write(large);
  EXPECT_TRUE(until([&] { return server.frames == 1; }));
  EXPECT_EQ(server.count(Counter::kHopMalformed), 2U);
  // And one that is cut off is nothing at all.
  {
    const auto cut = connect(hop->local_address());
    cut->start({.data = [](ByteView) {}, .closed = [](const Status&) {}, .drained = {}});
    cut->write(Bytes{100, 0, 1, 2, 3});
  }
  stream->write(Bytes{1, 0, 0});
  EXPECT_TRUE(until([&] { return server.frames == 2; }));
  EXPECT_EQ(server.count(Counter::kHopMalformed), 3U);
}

TEST_F(HopSockets, TcpTakesSoManyStrangersAndNoMore) {
  HopNode server = node(1);
  config::InterfaceConfig few = config("tcp");
  few.max_clients = 8;
  const auto hop = start<HopTcp>(server, few);
  std::vector<std::unique_ptr<reactor::Stream>> strangers;
  std::size_t ended = 0;
  for (int i = 0; i < 40; ++i) {
    auto& stranger = strangers.emplace_back(connect(hop->local_address()));
    stranger->start({.data = [](ByteView) {},
                     .closed =
                         [&](const Status&) {
                           ++ended;
                           poke();
                         },
                     .drained = {}});
  }
  EXPECT_TRUE(until([&] { return ended == 32; }));
  EXPECT_EQ(server.count(Counter::kHopUnlinkedFull), 32U) << "the newest have the places";
}

/// So many connections from one network, by whatever the kernel gives them as a port.
std::vector<int> flood(const std::string& from, std::uint16_t port, std::size_t count) {
  std::vector<int> out;
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in here{}, there{};
    here.sin_family = there.sin_family = AF_INET;
    ::inet_pton(AF_INET, from.c_str(), &here.sin_addr);
    ::inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
    there.sin_port = htons(port);
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
    ::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there);
    out.push_back(fd);
  }
  return out;
}

TEST_F(HopSockets, AFloodFromOneNetworkLeavesRoomForAnother) {
  HopNode server = node(1), client = node(2);
  config::InterfaceConfig open = config("tcp");
  open.hop.allow = "any";
  const auto hop = start<HopTcp>(server, open);
  std::vector<int> strangers;
  // In waves that the kernel's queue of 128 holds; it would take the rest when they try again.
  const auto come = [&](std::size_t in_all) {
    while (strangers.size() < in_all) {
      const auto more = flood("127.0.9.1", port_of(hop->local_address()), 100);
      strangers.insert(strangers.end(), more.begin(), more.end());
      if (!until([&] { return server.count(Counter::kHopUnlinkedFull) == strangers.size() - 16; }))
        return false;
    }
    return true;
  };
  ASSERT_TRUE(come(1'000));
  config::InterfaceConfig dials = config("tcp");
  dials.hop.listen = false;
  dials.hop.peers = {at(server, hop->local_address())};
  const Time begun = loop->now();
  const auto other = start<HopTcp>(client, dials);
  EXPECT_TRUE(until([&] { return client.links() == 1 && server.links() == 1; }));
  EXPECT_LT(loop->now() - begun, 5s) << "the first attempt";
  EXPECT_TRUE(come(1'500));
  EXPECT_EQ(server.links(), 1U) << "who has a link stays";
  EXPECT_EQ(server.count(Counter::kRxClientRefused), 0U);
  for (const int fd : strangers)
    ::close(fd);
}

TEST(UnlinkedConnections, GoFromTheNetworkThatHoldsMost) {
  Unlinked those;
  std::uint32_t id = 0;
  const auto comes = [&](const std::string& network) {
    std::optional<std::uint32_t> went;
    while (const auto gone = those.in_the_way(network)) {
      those.forget(*gone);
      went = gone;
    }
    those.add(network, ++id);
    return went;
  };
  for (std::uint32_t i = 1; i <= 16; ++i)
    EXPECT_EQ(comes("10.0.0"), std::nullopt);
  EXPECT_EQ(comes("10.0.0"), 1U) << "the oldest of its own";
  those.forget(2);
  for (int network = 0; those.size() < Unlinked::kInAll; ++network)
    comes("net" + std::to_string(network));
  EXPECT_EQ(comes("new"), 3U) << "the oldest of the one with most";
  EXPECT_EQ(those.size(), Unlinked::kInAll);
}

TEST_F(HopSockets, UdpCountsEverythingStrangersSend) {
  HopNode server = node(1);
  const auto hop = start<HopUdp>(server, config("udp"));
  const std::string there = hop->local_address();
  std::size_t answered = 0;
  reactor::DatagramPortEvents events;
  events.received = [&](ByteView data, const std::string&) {
    EXPECT_LE(data.size(), wire::kHopHelloPadded) << "an answer larger than the question";
    ++answered;
  };
  events.path_mtu = [](const std::string&, std::size_t) {};
  auto made = loop->open_datagram_port("127.0.0.1", 0, events);
  ASSERT_TRUE(made.ok());
  const auto stranger = *std::move(made);
  constexpr std::uint64_t kEach = 200;
  std::uint64_t sent = 0;
  const auto send = [&](const Bytes& datagram) {
    // One by one: what a full socket buffer drops could not be counted.
    ASSERT_EQ(stranger->send_to(there, datagram), reactor::DatagramPort::Sent::kSent);
    ++sent;
    ASSERT_TRUE(until([&] { return server.frames == sent; }));
  };
  send(Bytes(65'507, 0xFF));
  for (std::uint64_t i = 0; i < kEach; ++i) {
    wire::HopHello hello;
    hello.sender_index = static_cast<std::uint32_t>(i);
    hello.ephemeral = random.fixed<32>();
    hello.padded = true;
    send(wire::encode_hop_hello(hello));
    Bytes truncated = wire::encode_hop_hello(hello);
    truncated.resize(1 + i);
    send(truncated);
    Bytes data(20 + i);
    random.fill(data);
    data[0] = wire::hop_first_byte(wire::HopFrameType::kData);
    data[1] = data[2] = data[3] = 0;
    send(data);
  }
  const std::uint64_t bad =
      server.count(Counter::kHopMalformed) + server.count(Counter::kHopUnknownIndex);
  const std::uint64_t hellos = server.frames - bad;
  // Truncated to a length a hello may have it is a hello, if its source need not be believed.
  EXPECT_EQ(hellos, kEach) << bad;
  EXPECT_GT(server.count(Counter::kHopCookieSent), kEach / 2) << "state for every stranger";
  EXPECT_LE(answered, kEach);
  EXPECT_EQ(server.links(), 0U);
}

TEST_F(HopSockets, RememberedPeersAreDialledAgain) {
  HopNode b = node(2);
  HopNode first = node(1);
  config::InterfaceConfig at_b = config("udp");
  at_b.hop.allowed = {to_hex(first.identity())};
  const auto listens = start<HopUdp>(b, at_b);
  neighbour::RememberedPeer remembered;
  {
    config::InterfaceConfig dials = config("udp");
    dials.hop.peers = {at(b, listens->local_address())};
    const auto hop = start<HopUdp>(first, dials);
    ASSERT_TRUE(until([&] { return first.links() == 1 && b.links() == 1; }));
    ASSERT_FALSE(first.reached.empty());
    remembered = first.reached.back();
    EXPECT_EQ(remembered.address, listens->local_address());
    first.neighbours.drop(first.neighbours.report().at(0).link.id, loop->now());
    hop->stop();
  }
  ASSERT_TRUE(until([&] { return b.links() == 0; }));
  // The same node after a restart, with nobody configured: it knows whom it knew.
  HopNode again = node(1);
  again.neighbours.remember(remembered);
  config::InterfaceConfig silent = config("udp");
  silent.hop.allowed = {to_hex(b.identity())};
  const auto hop = start<HopUdp>(again, silent);
  EXPECT_TRUE(until([&] { return again.links() == 1 && b.links() == 1; }));
  ASSERT_EQ(again.neighbours.peers().size(), 1U);
  EXPECT_TRUE(again.neighbours.peers()[0].remembered);
  // Whom the operator no longer allows is not dialled.
  HopNode changed = node(3);
  changed.neighbours.remember(remembered);
  const auto closed = start<HopUdp>(changed, config("udp"));
  EXPECT_TRUE(changed.neighbours.peers().empty());
}

TEST_F(HopSockets, TwoLinksBetweenTheSameNodesBothStay) {
  // Over UDP and TCP at once: two interfaces, each shows that it is alive, and either may end.
  HopNode a = node(1), b = node(2);
  config::InterfaceConfig udp = config("udp"), tcp = config("tcp");
  udp.hop.allowed = tcp.hop.allowed = {to_hex(a.identity())};
  const auto b_udp = start<HopUdp>(b, udp);
  const auto b_tcp = start<HopTcp>(b, tcp);
  config::InterfaceConfig dial_udp = config("udp"), dial_tcp = config("tcp");
  dial_udp.hop.peers = {at(b, b_udp->local_address())};
  dial_tcp.hop.peers = {at(b, b_tcp->local_address())};
  dial_tcp.hop.listen = false;
  const auto a_udp = start<HopUdp>(a, dial_udp);
  const auto a_tcp = start<HopTcp>(a, dial_tcp);
  ASSERT_TRUE(until([&] { return a.links() == 2 && b.links() == 2; }));
  // A rival that is silent for three rounds of a second would be gone by then.
  const Time later = loop->now() + 4s;
  loop->at(later, [this] { poke(); });
  ASSERT_TRUE(until([&] { return loop->now() >= later; }));
  ASSERT_EQ(a.links(), 2U);
  ASSERT_EQ(b.links(), 2U);
  std::set<std::string> names, parents;
  for (const auto& [id, traits] : a.up) {
    EXPECT_EQ(traits.neighbour, b.identity());
    names.insert(traits.name);
    parents.insert(traits.parent);
    EXPECT_TRUE(a.neighbours.transmit(id, Bytes(100), {}, 0, loop->now()));
  }
  a.plan();
  EXPECT_EQ(names.size(), 2U) << "each has a name of its own";
  EXPECT_EQ(parents, (std::set<std::string>{"tcp", "udp"}));
  EXPECT_TRUE(until([&] { return b.packets.size() == 2; })) << "packets pass over both";
  a_tcp->stop();
  EXPECT_TRUE(until([&] { return a.links() == 1 && b.links() == 1; }));
  EXPECT_EQ(a.up.begin()->second.parent, "udp");
}

}  // namespace
}  // namespace mehr::interface
