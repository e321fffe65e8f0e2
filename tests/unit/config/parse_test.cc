// Tables of configuration texts: what they mean, and for each mistake the line, key and sentence.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/config/hop_peer.h"
#include "core/config/schema.h"

namespace mehr::config {
namespace {

std::string all(const Parsed& parsed) {
  std::string out;
  for (const ConfigError& error : parsed.errors)
    out += error.text() + "\n";
  return out;
}

TEST(Parse, EmptyFileIsAllDefaults) {
  const Parsed parsed = parse_config("", "empty.toml");
  EXPECT_EQ(all(parsed), "");
  EXPECT_TRUE(parsed.config.transport);
  EXPECT_TRUE(parsed.config.interfaces.empty());
}

TEST(Parse, ReadsEveryKindInFileOrder) {
  const Parsed parsed = parse_config(R"(
[node]
name = "bob"
max_paths = 1000
[endpoint]
announce_interval_s = 0
[interface.zulu]
kind = "tcp-server"
listen_host = "::1"
listen_port = 1
max_clients = 3
announce_cap_percent = 5
[interface.alpha]
kind = "tcp-client"
connect_host = "example.org"
connect_port = 4242
network_name = "n"
passphrase = "p"
access_code_bits = 64
ingress_control = false
[interface.mike]
kind = "udp"
connect_host = "192.168.1.255"
connect_port = 4242
[interface.radio]
kind = "rnode"
device = "/dev/ttyACM0"
frequency_hz = 868_200_000
bandwidth_hz = 250000
spreading_factor = 9
coding_rate = 6
tx_power_dbm = 14
airtime_limit_long_percent = 1.5
mode = "access_point"
)",
                                     "bob.toml");
  ASSERT_EQ(all(parsed), "");
  const Config& config = parsed.config;
  EXPECT_EQ(config.node_name, "bob");
  EXPECT_EQ(config.max_paths, 1000U);
  EXPECT_EQ(config.announce_interval_s, 0U);
  ASSERT_EQ(config.interfaces.size(), 4U);
  EXPECT_EQ(config.interfaces[0].name, "zulu");
  EXPECT_EQ(config.interfaces[0].listen_host, "::1");
  EXPECT_EQ(config.interfaces[0].listen_port, 1);
  EXPECT_EQ(config.interfaces[0].max_clients, 3U);
  EXPECT_DOUBLE_EQ(config.interfaces[0].announce_cap_percent, 5.0);
  EXPECT_EQ(config.interfaces[1].kind, InterfaceKind::kTcpClient);
  EXPECT_EQ(config.interfaces[1].connect_host, "example.org");
  EXPECT_EQ(config.interfaces[1].access_code_bits, 64U);
  EXPECT_EQ(config.interfaces[1].ingress_control, false);
  EXPECT_EQ(config.interfaces[2].kind, InterfaceKind::kUdp);
  const InterfaceConfig& radio = config.interfaces[3];
  EXPECT_EQ(radio.kind, InterfaceKind::kRnode);
  EXPECT_EQ(radio.radio.frequency_hz, 868'200'000U);
  EXPECT_EQ(radio.radio.bandwidth_hz, 250'000U);
  EXPECT_EQ(radio.radio.spreading_factor, 9);
  EXPECT_EQ(radio.radio.coding_rate, 6);
  EXPECT_EQ(radio.radio.tx_power_dbm, 14);
  EXPECT_EQ(radio.radio.airtime_limit_long_percent, 1.5);
  EXPECT_FALSE(radio.radio.airtime_limit_short_percent);
  EXPECT_EQ(radio.mode, "access_point");
}

struct Mistake {
  const char* toml;
  int line;
  const char* key;
  const char* part;  ///< of the problem
};

constexpr const char* kRadio = "[interface.r]\nkind = \"rnode\"\ndevice = \"/dev/a\"\n";

const std::vector<Mistake>& section_mistakes() {
  static const std::vector<Mistake> kTable{
      {"[node]\nname = \"a\nb\"", 2, "", "not valid TOML"},
      {"[node]\n[node]", 2, "", "not valid TOML"},
      {"[interface.a]\nkind=\"udp\"\n[interface.a]\nkind=\"udp\"", 3, "", "not valid TOML"},
      {"[nodes]", 1, "nodes", "unknown section `nodes`; did you mean `node`?"},
      {"[reticulum]", 1, "reticulum",
       "there are node, endpoint, operator, dataplane, profile and interface"},
      {"transport = true", 1, "transport", "it belongs in [node]"},
      {"device = \"a\"", 1, "device", "it belongs in [interface.<name>]"},
      {"node = 3", 1, "node", "must be a section, [node], found a whole number"},
      {"[[node]]", 1, "node", "found an array"},
      {"interface = true", 1, "interface", "must be a section, [interface.<name>], found true or"},
      {"[interface]\na = 1", 2, "interface.a", "must be a section"},
      {"[node]\ntransprot = true", 2, "node.transprot", "did you mean `transport`?"},
      {"[node]\nmessages = true", 2, "node.messages", "it belongs in [endpoint]"},
      {"[node]\nqqq = true", 2, "node.qqq", "unknown key `qqq`; allowed here: name, transport"},
      {"[node]\ntransport = 1", 2, "node.transport", "must be true or false, found a whole number"},
      {"[node]\nname = true", 2, "node.name", "must be a text in quotes, found true or false"},
      {"[node]\nname = \"a\\tb\"", 2, "node.name", "control characters"},
      {"[node]\nmax_paths = 1e6", 2, "node.max_paths", "must be a whole number, found a number"},
      {"[node]\nmax_paths = 99", 2, "node.max_paths",
       "must be between 100 and 10000000 paths, found 99"},
      {"[node]\nlog_level = \"warning\"", 2, "node.log_level",
       "must be one of trace, debug, info, warn, error, found `warning`"},
      {"[endpoint]\nannounce_interval = 3", 2, "endpoint.announce_interval",
       "did you mean `announce_interval_s`?"},
  };
  return kTable;
}

const std::vector<Mistake>& interface_mistakes() {
  static const std::vector<Mistake> kTable{
      {"[interface.a]\nlisten_port = 1", 1, "interface.a.kind",
       "is required: one of tcp-server, tcp-client, udp, rnode"},
      {"[interface.a]\nkind = \"tcp_server\"", 2, "interface.a.kind", "did you mean `tcp-server`?"},
      {"[interface.\"a b\"]\nkind = \"tcp-server\"", 1, "interface.a b", "1 to 48 letters"},
      {"[interface.a]\nkind = \"tcp-server\"\ndevice = \"/dev/x\"", 3, "interface.a.device",
       "does not belong to a tcp-server interface; it is for rnode"},
      {"[interface.a]\nkind = \"tcp-server\"\nconnect_port = 3", 3, "interface.a.connect_port",
       "it is for tcp-client, udp, rnode"},
      {"[interface.a]\nkind = \"tcp-server\"\nlisten_host = \"localhost\"", 3,
       "interface.a.listen_host", "must be a numeric IPv4 or IPv6 address"},
      {"[interface.a]\nkind = \"tcp-server\"\nmode = \"ful\"", 3, "interface.a.mode",
       "must be one of full, point_to_point, access_point, roaming, boundary, gateway, internal, "
       "found `ful`; did you mean `full`?"},
      {"[interface.a]\nkind = \"tcp-server\"\naccess_code_bits = 12\npassphrase = \"x\"", 3,
       "interface.a.access_code_bits", "must be a multiple of 8"},
      {"[interface.a]\nkind = \"tcp-server\"\naccess_code_bits = 16", 3,
       "interface.a.access_code_bits", "no effect without network_name or passphrase"},
      {"[interface.a]\nkind = \"tcp-server\"\nannounce_cap_percent = 0", 3,
       "interface.a.announce_cap_percent", "must be between 0.01 and 100 %, found 0"},
      {"[interface.a]\nkind = \"tcp-server\"\nannounce_cap_percent = nan", 3,
       "interface.a.announce_cap_percent", "found no finite number"},
      {"[interface.a]\nkind = \"tcp-client\"\nconnect_host = \"x\"", 1, "interface.a.connect_port",
       "is required"},
      {"[interface.a]\nkind = \"tcp-client\"\nconnect_port = 1\nconnect_host = \"[::1]\"", 4,
       "interface.a.connect_host", "no brackets"},
      {"[interface.a]\nkind = \"tcp-client\"\nconnect_port = 1\nconnect_host = \"a:42\"", 4,
       "interface.a.connect_host", "the port is connect_port"},
      {"[interface.a]\nkind = \"tcp-client\"\nconnect_port = 1", 1, "interface.a.connect_host",
       "is required"},
      {"[interface.a]\nkind = \"tcp-client\"\nconnect_port = 1\nconnect_host = \"\"", 4,
       "interface.a.connect_host", "is required"},
      {"[interface.a]\nkind = \"udp\"\nconnect_port = 1", 1, "interface.a.connect_host",
       "is required"},
      {"[interface.a]\nkind = \"udp\"\nconnect_port = 1\nconnect_host = \"host.example\"", 4,
       "interface.a.connect_host", "must be a numeric address"},
      {"[interface.a]\nkind = \"udp\"\nmtu = 70000", 3, "interface.a.mtu", "at most 65443 bytes"},
      {"[interface.r]\nkind = \"rnode\"\nfrequency_hz = 868200000", 1, "interface.r.device",
       "is required: the serial device"},
      {"[interface.r]\nkind = \"rnode\"\nfrequency_hz = 868200000\nconnect_host = \"a\"", 1,
       "interface.r.connect_port", "RNodes listen on 7633"},
      {"[interface.a]\nkind=\"tcp-server\"\n[interface.b]\nkind=\"tcp-server\"\n"
       "listen_host=\"127.0.0.1\"",
       3, "interface.b.listen_port", "port 4242 is already used by [interface.a]"},
      {"[interface.a]\nkind=\"rnode\"\nfrequency_hz=868200000\ndevice=\"/dev/a\"\n[interface.b]\n"
       "kind=\"rnode\"\nfrequency_hz=868200000\ndevice=\"/dev/a\"",
       8, "interface.b.device", "/dev/a is already used by [interface.a]"},
  };
  return kTable;
}

void expect_each(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    const Parsed parsed = parse_config(mistake.toml, "x.toml");
    ASSERT_EQ(parsed.errors.size(), 1U) << mistake.toml << "\n" << all(parsed);
    const ConfigError& error = parsed.errors[0];
    EXPECT_EQ(error.line, mistake.line) << mistake.toml << "\n" << all(parsed);
    EXPECT_EQ(error.key, mistake.key) << mistake.toml;
    EXPECT_NE(error.problem.find(mistake.part), std::string::npos) << error.problem;
    EXPECT_EQ(error.file, "x.toml");
  }
}

TEST(Parse, NamesEveryMistakeOfSections) {
  expect_each(section_mistakes());
}
TEST(Parse, NamesEveryMistakeOfInterfaces) {
  expect_each(interface_mistakes());
}

TEST(Parse, RadioMistakesNameTheKey) {
  struct Row {
    const char* setting;
    const char* part;
  };
  for (const Row& row : std::vector<Row>{
           {"spreding_factor = 8",
            "unknown key `spreding_factor`; did you mean `spreading_factor`?"},
           {"frequency = 8", "did you mean `frequency_hz`?"},
           {"txpower = 8", "did you mean `tx_power_dbm`?"},
           {"spreadingfactor = 8", "did you mean `spreading_factor`?"},
           {"spreading_factor = 13", "must be between 5 and 12, found 13"},
           {"coding_rate = 4", "must be between 5 and 8, found 4"},
           {"bandwidth_hz = 1", "must be between 7800 and 1625000 Hz"},
           {"tx_power_dbm = 38", "must be between 0 and 37 dBm, found 38"},
           {"mtu = 508", "does not belong to a rnode interface"},
           {"connect_host = \"a\"", "cannot be combined with device"},
       }) {
    const std::string toml =
        std::string(kRadio) + "frequency_hz = 868200000\n" + row.setting + "\n";
    const Parsed parsed = parse_config(toml, "x.toml");
    ASSERT_EQ(parsed.errors.size(), 1U) << row.setting << "\n" << all(parsed);
    EXPECT_EQ(parsed.errors[0].line, 5) << all(parsed);
    EXPECT_NE(parsed.errors[0].problem.find(row.part), std::string::npos) << all(parsed);
  }
  for (const char* frequency : {"136999999", "3000000001", "-1"}) {
    const Parsed parsed =
        parse_config(std::string(kRadio) + "frequency_hz = " + frequency, "x.toml");
    ASSERT_EQ(parsed.errors.size(), 1U);
    EXPECT_NE(parsed.errors[0].problem.find("137000000 and 3000000000 Hz"), std::string::npos);
  }
  EXPECT_EQ(parse_config(kRadio, "x").errors.size(), 1U);  // frequency_hz is required
}

TEST(Parse, ReportsAllMistakesInOrderOfLines) {
  const Parsed parsed = parse_config(
      "[interface.a]\nkind = \"tcp-client\"\nconect_host = \"x\"\nconnect_port = 0\n"
      "[node]\nlog_level = \"loud\"\ntransport = \"yes\"\n",
      "x.toml");
  ASSERT_EQ(parsed.errors.size(), 5U) << all(parsed);
  EXPECT_EQ(parsed.errors[0].text(),
            "x.toml:1: interface.a.connect_host: is required: the host to connect to");
  EXPECT_EQ(parsed.errors[1].line, 3);
  EXPECT_EQ(parsed.errors[2].line, 4);
  EXPECT_EQ(parsed.errors[3].line, 6);
  EXPECT_EQ(parsed.errors[4].line, 7);
}

TEST(Parse, DifferentAddressesAndDisabledInterfacesMayShare) {
  const char* toml =
      "[interface.a]\nkind=\"tcp-server\"\nlisten_host=\"127.0.0.1\"\n"
      "[interface.b]\nkind=\"tcp-server\"\nlisten_host=\"127.0.0.2\"\n"
      "[interface.c]\nkind=\"udp\"\n"
      "[interface.d]\nkind=\"udp\"\nenabled=false\n"
      "[interface.e]\nkind=\"udp\"\nlisten_port=0\n"
      "[interface.f]\nkind=\"udp\"\nlisten_port=0\n";
  EXPECT_EQ(all(parse_config(toml, "x")), "");
}

TEST(Parse, SurvivesWhatBreaksTheTomlParser) {
  for (const char* value :
       {"{=1}", "[,oe = date = 1]", "{a.=1}", "[[[", "{{", "1979-05-27T", "'"}) {
    const Parsed parsed = parse_config(
        "[node]\nname = \"x\"\n\nx.y = " + std::string(value) + "\n\n[endpoint]\n", "x");
    ASSERT_GE(parsed.errors.size(), 1U) << value;
    EXPECT_GE(parsed.errors[0].line, 4) << value << all(parsed);
    EXPECT_LE(parsed.errors[0].line, 6) << value << all(parsed);
  }
}

TEST(Parse, AllowsOtherScriptsOnlyInsideQuotes) {
  EXPECT_EQ(
      all(parse_config("\xEF\xBB\xBF[node] # caf\u00E9\nname = \"caf\u00E9 \\\" \u6F22\"\n", "x")),
      "");
  EXPECT_EQ(all(parse_config("[node]\nname = \"\"\"\n\u00E9\"\"\"\"\nlog_level = '\u00E9'", "x"))
                .find("ASCII"),
            std::string::npos);
  for (const char* line :
       {"name = \u201Cbob\u201D", "caf\u00E9 = 1", "name = \"a\" \u00E9", "\uFEFF"}) {
    const Parsed parsed = parse_config("[node]\n" + std::string(line) + "\n", "x");
    ASSERT_EQ(parsed.errors.size(), 1U) << line;
    EXPECT_EQ(parsed.errors[0].line, 2) << line;
    EXPECT_NE(parsed.errors[0].problem.find("plain ASCII"), std::string::npos) << all(parsed);
  }
}

TEST(Parse, NeverRepeatsPassphrases) {
  const Parsed parsed = parse_config(
      "[interface.a]\nkind=\"tcp-server\"\npassphrase=\"hush\\n\"\nnetwork_name=[\"hush\"]\n", "x");
  EXPECT_EQ(parsed.errors.size(), 2U);
  EXPECT_EQ(all(parsed).find("hush"), std::string::npos) << all(parsed);
}

TEST(Parse, BoundsWhatItReads) {
  EXPECT_NE(all(parse_config(std::string(kMaxFileBytes + 1, '#'), "x")).find("1 MiB"),
            std::string::npos);
  EXPECT_EQ(all(parse_config(std::string(kMaxFileBytes, '#'), "x")), "");
  std::string many;
  for (std::size_t i = 0; i <= kMaxInterfaces; ++i) {
    many += "[interface.i" + std::to_string(i) +
            "]\nkind=\"udp\"\nlisten_port=" + std::to_string(i + 1) + "\n";
  }
  const Parsed parsed = parse_config(many, "x");
  ASSERT_EQ(parsed.errors.size(), 1U) << all(parsed);
  EXPECT_NE(parsed.errors[0].problem.find("at most 64 interfaces"), std::string::npos);
  std::string wrong = "[node]\n";
  for (int i = 0; i < 1000; ++i)
    wrong += "zz" + std::to_string(i) + " = 1\n";
  EXPECT_EQ(parse_config(wrong, "x").errors.size(), kMaxErrors + 1);
}

constexpr std::string_view kIdentity = "5a0c1f24e8b3967d42f1c08a7be6d935";

TEST(Parse, ReadsHopInterfaces) {
  const Parsed parsed = parse_config(
      "[node]\nprice_umhr_per_mib = 0\n[interface.h]\n"
      "kind = \"hop\"\ntransport = \"tcp\"\nlisten = false\n"
      "peers = [\"a.example:1\", \"[::1]\"]\nallow = \"any\"\n"
      "[interface.i]\nlisten_port = 7\nkind = \"hop\"\n",
      "x");
  EXPECT_EQ(all(parsed), "");
  EXPECT_EQ(parsed.config.price_umhr_per_mib, 0U);
  ASSERT_EQ(parsed.config.interfaces.size(), 2U);
  const InterfaceConfig& hop = parsed.config.interfaces[0];
  EXPECT_EQ(hop.kind, InterfaceKind::kHop);
  EXPECT_EQ(hop.hop.transport, "tcp");
  EXPECT_FALSE(hop.hop.listen);
  EXPECT_EQ(hop.hop.peers, (std::vector<std::string>{"a.example:1", "[::1]"}));
  EXPECT_EQ(hop.listen_port, kHopPort);
  EXPECT_EQ(parsed.config.interfaces[1].listen_port, 7);
}

TEST(Parse, TheTrustSetReachesTheInterfacesThatAskForIt) {
  const std::string identity(kIdentity);
  const Parsed parsed = parse_config(
      "[interface.h]\nkind = \"hop\"\nallow = \"trusted\"\n"
      "[interface.i]\nkind = \"hop\"\nlisten_port = 7\n[node]\ntrusted_peers = [\"" +
          identity + "\"]\n",
      "x");
  EXPECT_EQ(all(parsed), "");
  EXPECT_EQ(parsed.config.interfaces[0].hop.trusted, std::vector<std::string>{identity});
  EXPECT_TRUE(parsed.config.interfaces[1].hop.trusted.empty());
  EXPECT_NE(all(parse_config("[node]\nname = \"a\"\ntrusted_peers = [\"12\"]\n", "x"))
                .find("x:3: node.trusted_peers: `12` is no identity"),
            std::string::npos);
}

TEST(Parse, SaysWhatIsWrongWithHopInterfaces) {
  const std::string hop = "[interface.h]\nkind = \"hop\"\n";
  const std::vector<std::pair<std::string, std::string>> table{
      {"peers = \"a:1\"\n", "x:3: interface.h.peers: must be a list of texts"},
      {"peers = [1]\n",
       "x:3: interface.h.peers: must be a list of texts, [\"...\", \"...\"], found a "
       "whole number in it"},
      {"peers = [\"\"]\n", "x:3: interface.h.peers: has an entry that is empty"},
      {"peers = [\"a:0\"]\n", "`a:0` is no peer"},
      {"peers = [\"12@a:1\"]\n", "`12@a:1` is no peer"},
      {"allowed = [\"12\"]\n", "`12` is no identity"},
      {"allow = \"all\"\n", "must be one of listed, trusted, any, found `all`"},
      {"transport = \"sctp\"\n", "must be one of udp, tcp, reticulum"},
      {"transport = \"reticulum\"\npeers = [\"a:1\"]\n",
       "`a:1` is no peer: write the 32 hexadecimal digits `mehr identity` shows there, alone"},
      {"transport = \"reticulum\"\nlisten_port = 1\n", "has no meaning with transport"},
      {"transport = \"reticulum\"\n[interface.g]\nkind = \"hop\"\ntransport = \"reticulum\"\n",
       "is already that of [interface.h]"},
      {"listen = false\n", "is required with listen = false"},
      {"network_name = \"n\"\n", "does not belong to a hop interface"},
      {"listen_host = \"example.org\"\n", "must be a numeric"},
      {"[interface.u]\nkind = \"udp\"\nlisten_port = 4343\n", "port 4343 is already used by"},
  };
  for (const auto& [lines, wanted] : table) {
    EXPECT_NE(all(parse_config(hop + lines, "x")).find(wanted), std::string::npos)
        << lines << all(parse_config(hop + lines, "x"));
  }
}

TEST(HopPeer, TakesEveryFormApart) {
  const auto named = parse_hop_peer(std::string(kIdentity) + "@gw.example:99");
  ASSERT_TRUE(named);
  EXPECT_EQ(to_hex(named->identity.value()), kIdentity);
  EXPECT_EQ(named->host, "gw.example");
  EXPECT_EQ(named->port, 99);
  const auto v6 = parse_hop_peer("[2001:db8::1]:1");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "2001:db8::1");
  EXPECT_FALSE(v6->identity);
  EXPECT_EQ(parse_hop_peer("192.0.2.1").value().port, kHopPort);
  const auto across = parse_hop_peer(kIdentity, "reticulum");
  ASSERT_TRUE(across);
  EXPECT_EQ(to_hex(across->identity.value()), kIdentity);
  EXPECT_FALSE(parse_hop_peer(std::string(kIdentity) + "@a:1", "reticulum"));
  EXPECT_TRUE(parse_hop_peer(std::string(kIdentity) + "@a:1", "udp"));
  for (const char* wrong : {"", ":1", "a:", "a:65536", "a:1x", "@a:1", "a b:1", "2001:db8::1",
                            "[::1", "[::1]1", "[a]:1", "x@a:1", "http://a"}) {
    EXPECT_FALSE(parse_hop_peer(wrong)) << wrong;
  }
}

TEST(Load, SaysWhyAFileCannotBeRead) {
  const Parsed missing = load_config("/nonexistent/mehr.toml");
  ASSERT_EQ(missing.errors.size(), 1U);
  EXPECT_EQ(missing.errors[0].text(),
            "/nonexistent/mehr.toml: cannot read the configuration: No such file or directory");
  EXPECT_EQ(load_config("/").errors.size(), 1U);
}

}  // namespace
}  // namespace mehr::config
