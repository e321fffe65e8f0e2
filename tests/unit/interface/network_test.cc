// TCP and UDP interfaces on loopback: packets both ways, clients as interfaces of their own, states
// and sentences, reconnecting, peers that do not read, access codes.
#include "controlplane/interface/tcp.h"
#include "controlplane/interface/udp.h"
#include "tests/unit/interface/fixture.h"

namespace mehr::interface {
namespace {

using border::Counter;
using config::InterfaceConfig;
using config::InterfaceKind;

class TcpTest : public InterfaceTest {
 protected:
  static InterfaceConfig server_config() {
    InterfaceConfig config;
    config.name = "lan";
    config.kind = InterfaceKind::kTcpServer;
    config.listen_host = "127.0.0.1";
    config.listen_port = 0;
    return config;
  }
  InterfaceConfig client_config() const {
    InterfaceConfig config;
    config.name = "uplink";
    config.kind = InterfaceKind::kTcpClient;
    config.connect_host = "127.0.0.1";
    config.connect_port = port_of(server->local_address());
    return config;
  }
  void start_server(const InterfaceConfig& config = server_config()) {
    server = std::make_unique<TcpServer>(config, context());
    server->start();
    ASSERT_FALSE(server->local_address().empty());
  }
  void connect_pair() {
    client = std::make_unique<TcpClient>(client_config(), context());
    client->start();
    ASSERT_TRUE(until([&] { return daemon.living.size() == 2; }));
  }
  /// A bare connection to the server.
  std::unique_ptr<reactor::Stream> raw_connection() {
    std::unique_ptr<reactor::Stream> out;
    const auto attempt = loop->connect_tcp("127.0.0.1", port_of(server->local_address()), {}, 5s,
                                           [&](Result<std::unique_ptr<reactor::Stream>> stream) {
                                             out = *std::move(stream);
                                             poke();
                                           });
    EXPECT_TRUE(until([&] { return out != nullptr; }));
    return out;
  }

  std::unique_ptr<TcpServer> server;
  std::unique_ptr<TcpClient> client;
};

TEST_F(TcpTest, PacketsPassBothWays) {
  start_server();
  connect_pair();
  const auto at_server = daemon.find("lan"), at_client = daemon.find("uplink");
  EXPECT_EQ(daemon.living[at_server].name.substr(0, 14), "lan/127.0.0.1:");
  EXPECT_EQ(daemon.living[at_server].parent, "lan");
  EXPECT_TRUE(daemon.living[at_client].tunnel_interface_hash);
  EXPECT_FALSE(daemon.living[at_server].tunnel_interface_hash);

  const Bytes up = test_packet(500, 0x7E), down = test_packet(8192, 0x7D);
  EXPECT_TRUE(client->transmit(at_client, up));
  EXPECT_TRUE(server->transmit(at_server, down));
  EXPECT_FALSE(client->transmit(at_server, up));
  EXPECT_FALSE(server->transmit(at_client, up));
  ASSERT_TRUE(until([&] { return daemon.packets.size() == 2; }));
  for (const auto& packet : daemon.packets) {
    EXPECT_EQ(packet.raw, packet.from == at_server ? up : down);
  }
  EXPECT_TRUE(server->transmit(at_server, test_packet(8193, 1)));
  EXPECT_EQ(count(Counter::kTxTooBig), 1U);

  std::vector<InterfaceReport> rows;
  server->report(rows);
  client->report(rows);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].name, "lan");
  EXPECT_EQ(rows[0].state, InterfaceState::kUp);
  EXPECT_EQ(rows[1].parent, "lan");
  EXPECT_EQ(rows[1].rx_bytes, 500U);
  EXPECT_EQ(rows[1].tx_bytes, 8192U);
  EXPECT_EQ(rows[1].tx_dropped, 1U);
  EXPECT_EQ(rows[2].kind, "tcp-client");
  EXPECT_EQ(rows[2].rx_packets, 1U);
  EXPECT_EQ(rows[2].mtu, 8192U);
}

TEST_F(TcpTest, ClientComesBackWhenTheServerDoes) {
  start_server();
  connect_pair();
  InterfaceConfig again = server_config();
  again.listen_port = port_of(server->local_address());
  server->stop();
  ASSERT_TRUE(until([&] { return daemon.living.empty(); }));
  EXPECT_TRUE(daemon.logged("uplink down: the other side closed the connection; trying again"));
  server.reset();
  start_server(again);
  ASSERT_TRUE(until([&] { return daemon.living.size() == 2; }));
  EXPECT_EQ(daemon.log.back().find("uplink down"), std::string::npos);
}

TEST_F(TcpTest, AServerThatIsNotThereIsAStateToldOnce) {
  start_server();
  const InterfaceConfig config = client_config();
  server.reset();
  client = std::make_unique<TcpClient>(config, context());
  client->start();
  ASSERT_TRUE(until([&] { return daemon.logged("uplink down: cannot connect to 127.0.0.1:"); }));
  EXPECT_EQ(daemon.log.size(), 2U) << "lan up, and uplink down";
  client->transmit({daemon.last_id}, test_packet(30, 1));
  EXPECT_EQ(count(Counter::kTxInterfaceDown), 1U);
}

TEST_F(TcpTest, ATakenPortIsAState) {
  start_server();
  InterfaceConfig second = server_config();
  second.name = "other";
  second.listen_port = port_of(server->local_address());
  TcpServer other(second, context());
  other.start();
  EXPECT_TRUE(daemon.logged("other down: cannot listen on 127.0.0.1:"));
}

TEST_F(TcpTest, ClientsBeyondTheLimitAreRefused) {
  InterfaceConfig config = server_config();
  config.max_clients = 2;
  start_server(config);
  const auto first = raw_connection(), second = raw_connection();
  ASSERT_TRUE(until([&] { return daemon.living.size() == 2; }));
  const auto third = raw_connection();
  bool closed = false;
  third->start({[](ByteView) {},
                [&](const Status&) {
                  closed = true;
                  poke();
                },
                {}});
  ASSERT_TRUE(until([&] { return closed; }));
  EXPECT_EQ(daemon.living.size(), 2U);
  EXPECT_EQ(count(Counter::kRxClientRefused), 1U);
}

TEST_F(TcpTest, APeerThatDoesNotReadLosesOnlyItsOwnPackets) {
  start_server();
  const auto deaf = raw_connection();
  ASSERT_TRUE(until([&] { return daemon.living.size() == 1; }));
  const auto deaf_id = daemon.find("lan");
  client = std::make_unique<TcpClient>(client_config(), context());
  client->start();
  ASSERT_TRUE(until([&] { return daemon.living.size() == 3; }));
  routing::InterfaceId good_id;
  for (const auto& [id, traits] : daemon.living) {
    if (traits.parent == "lan" && id != deaf_id) good_id = id;
  }
  const Bytes packet = test_packet(5000, 0x33);
  daemon.keep_packets = false;
  std::uint64_t rounds = 0;
  // One packet to each per turn of the good one, far beyond what kernel and queue take of the deaf.
  const auto next = [&] {
    while (rounds == daemon.packet_count && rounds < 4000) {
      ++rounds;
      server->transmit(deaf_id, packet);
      server->transmit(good_id, packet);
    }
    return daemon.packet_count == 4000;
  };
  ASSERT_TRUE(until(next, 60s));
  EXPECT_GT(count(Counter::kTxQueueFull), 100U);
  std::vector<InterfaceReport> rows;
  server->report(rows);
  for (const auto& row : rows) {
    // As much again as the kernel took for it in the beginning, which looked like reading.
    EXPECT_LE(row.queued_bytes, std::size_t{16} << 20U);
    // The deaf client and the server, whose row tells of all its clients.
    EXPECT_EQ(row.tx_dropped, row.id == good_id ? 0U : count(Counter::kTxQueueFull));
  }
}

TEST_F(TcpTest, AccessCodesKeepStrangersOut) {
  InterfaceConfig config = server_config();
  config.network_name = "mehr";
  config.passphrase = "secret";
  start_server(config);
  InterfaceConfig friendly = client_config(), stranger = client_config(), open = client_config();
  friendly.network_name = "mehr";
  friendly.passphrase = "secret";
  stranger.name = "stranger";
  stranger.passphrase = "guess";
  open.name = "open";
  TcpClient first(friendly, context()), second(stranger, context()), third(open, context());
  first.start();
  second.start();
  third.start();
  ASSERT_TRUE(until([&] { return daemon.living.size() == 6; }));
  const Bytes packet = test_packet(100, 0x44);
  second.transmit(daemon.find("stranger"), packet);
  third.transmit(daemon.find("open"), packet);
  first.transmit(daemon.find("uplink"), packet);
  ASSERT_TRUE(until(
                  [&] {
                    return daemon.packets.size() == 1 && count(Counter::kAccessMissing) == 1 &&
                           count(Counter::kAccessWrong) == 1;
                  },
                  2s) ||
              count(Counter::kAccessWrong) == 1);
  ASSERT_EQ(daemon.packets.size(), 1U);
  EXPECT_EQ(daemon.packets[0].raw, packet);
  // And the other way round: a protected frame means nothing on an open interface.
  for (const auto& [id, traits] : daemon.living) {
    if (traits.parent == "lan") server->transmit(id, packet);
  }
  ASSERT_TRUE(until([&] { return daemon.packets.size() == 2; }));
  EXPECT_EQ(daemon.packets[1].raw, packet);
}

class UdpInterfaceTest : public InterfaceTest {
 protected:
  static InterfaceConfig udp_config(const std::string& name) {
    InterfaceConfig config;
    config.name = name;
    config.kind = InterfaceKind::kUdp;
    config.listen_host = "127.0.0.1";
    config.listen_port = 0;
    return config;
  }
};

TEST_F(UdpInterfaceTest, OnePacketADatagram) {
  Udp first(udp_config("first"), context());
  first.start();
  InterfaceConfig config = udp_config("second");
  config.connect_host = "127.0.0.1";
  config.connect_port = port_of(first.local_address());
  Udp second(config, context());
  second.start();
  EXPECT_EQ(daemon.living.size(), 2U);
  const Bytes packet = test_packet(1064, 0x11);
  EXPECT_TRUE(second.transmit(daemon.find("second"), packet));
  ASSERT_TRUE(until([&] { return daemon.packets.size() == 1; }));
  EXPECT_EQ(daemon.packets[0].raw, packet);
  EXPECT_EQ(daemon.packets[0].from, daemon.find("first"));
  second.transmit(daemon.find("second"), test_packet(1065, 1));
  EXPECT_EQ(count(Counter::kTxTooBig), 1U);
  first.transmit(daemon.find("first"), packet);
  EXPECT_EQ(count(Counter::kTxQueueFull), 1U) << "there is nowhere to send to";
  const std::string address = second.local_address();
  second.stop();
  EXPECT_TRUE(second.local_address().empty());
  EXPECT_TRUE(daemon.logged("second down: the gateway stops"));
}

TEST_F(UdpInterfaceTest, ATakenPortIsAState) {
  Udp first(udp_config("first"), context());
  first.start();
  InterfaceConfig config = udp_config("second");
  config.listen_port = port_of(first.local_address());
  Udp second(config, context());
  second.start();
  EXPECT_TRUE(daemon.logged("second down: cannot listen on 127.0.0.1:"));
}

TEST_F(InterfaceTest, DisabledInterfacesAreRows) {
  InterfaceConfig config;
  config.name = "off";
  config.enabled = false;
  const auto made = make_interface(config, context());
  made->start();
  std::vector<InterfaceReport> rows;
  made->report(rows);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].state, InterfaceState::kDisabled);
  EXPECT_TRUE(daemon.living.empty());
}

}  // namespace
}  // namespace mehr::interface
