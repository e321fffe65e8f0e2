// Several files as one configuration, profiles, and what changes between two configurations.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/config/difference.h"
#include "core/config/operators.h"

namespace mehr::config {
namespace {

using Names = std::vector<std::string>;

std::string errors_of(const Parsed& parsed) {
  std::string out;
  for (const ConfigError& error : parsed.errors)
    out += error.text() + "\n";
  return out;
}

Config read(const std::vector<SourceFile>& files) {
  const Parsed parsed = parse_files(files);
  EXPECT_EQ(errors_of(parsed), "");
  return parsed.config;
}

constexpr const char* kLan = "[interface.lan]\nkind = \"tcp-server\"\nlisten_port = 4242\n";

TEST(DropIns, LaterFilesWinAlsoWithinAnInterface) {
  const Config config = read({{"main", std::string("[node]\nname = \"a\"\n") + kLan},
                              {"10", "[interface.lan]\nlisten_port = 4300\n"},
                              {"20", "[node]\nname = \"b\"\n[interface.wan]\nkind = \"udp\"\n"}});
  EXPECT_EQ(config.node_name, "b");
  ASSERT_EQ(config.interfaces.size(), 2U);
  EXPECT_EQ(config.interfaces[0].listen_port, 4300);
  EXPECT_EQ(config.interfaces[1].name, "wan");
}

TEST(DropIns, ErrorsNameTheirFile) {
  const Parsed parsed = parse_files({{"main", kLan},
                                     {"10", "\n[interface.lan]\nkind = \"udp\"\n"},
                                     {"20", "[node]\nnome = \"b\"\n"}});
  EXPECT_EQ(errors_of(parsed),
            "10:3: interface.lan.kind: is tcp-server in main already; give an interface of another "
            "kind another name\n"
            "20:2: node.nome: unknown key `nome`; did you mean `name`?\n");
}

TEST(DropIns, AFileThatIsNoTomlIsTheOnlyOneBlamed) {
  const Parsed parsed = parse_files({{"main", "[interface.lan]\nlisten_port = 1\n"}, {"10", "x"}});
  ASSERT_EQ(parsed.errors.size(), 1U);
  EXPECT_EQ(parsed.errors[0].file, "10");
}

TEST(DropIns, AreReadByNameFromTheFolderBeside) {
  std::string pattern = (std::filesystem::temp_directory_path() / "mehr-config-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  std::filesystem::create_directory(folder / "mehr.d");
  std::ofstream(folder / "mehr.toml") << "[node]\nname = \"main\"\n";
  std::ofstream(folder / "mehr.d" / "20-b.toml") << "[node]\nname = \"twenty\"\n";
  std::ofstream(folder / "mehr.d" / "10-a.toml") << "[node]\nname = \"ten\"\n";
  std::ofstream(folder / "mehr.d" / "30-c.toml.dpkg-old") << "nonsense";
  const Parsed parsed = load_config((folder / "mehr.toml").string());
  EXPECT_EQ(errors_of(parsed), "");
  EXPECT_EQ(parsed.config.node_name, "twenty");
  EXPECT_EQ(parsed.files.size(), 3U);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(drop_in_folder("/etc/mehr/mehr.toml"), "/etc/mehr/mehr.d");
  EXPECT_EQ(drop_in_folder("gateway"), "gateway.d");
}

TEST(Profiles, FillWhatTheInterfaceDoesNotSay) {
  const std::string radio = "[interface.r]\nkind = \"rnode\"\ndevice = \"/dev/x\"\n";
  const std::string valley = "[profile.valley]\nfrequency_hz = 867500000\nspreading_factor = 10\n";
  const Config config = read({{"main", radio + "spreading_factor = 9\nprofile = \"valley\"\n"},
                              {"10", valley + "tx_power_dbm = 2\n"},
                              {"20", "[interface.r]\ntx_power_dbm = 14\n"}});
  ASSERT_EQ(config.interfaces.size(), 1U);
  EXPECT_EQ(config.interfaces[0].radio.frequency_hz, 867'500'000U);
  EXPECT_EQ(config.interfaces[0].radio.spreading_factor, 9);
  EXPECT_EQ(config.interfaces[0].radio.tx_power_dbm, 14);
}

TEST(Profiles, MistakesSayWhatIsAllowed) {
  const Parsed parsed = parse_config(
      "[profile.valley]\ndevice = \"/dev/x\"\n[interface.r]\nkind = \"rnode\"\n"
      "device = \"/dev/x\"\nfrequency_hz = 868000000\nprofile = \"vally\"\n",
      "f");
  EXPECT_NE(errors_of(parsed).find("profile.valley.device: does not belong in a profile"),
            std::string::npos);
  EXPECT_NE(errors_of(parsed).find("there is no [profile.vally]; did you mean `valley`?"),
            std::string::npos);
}

TEST(Difference, SortsChangesByWhatTheyTake) {
  const Config before = read({{"a", std::string(kLan) + "[interface.old]\nkind = \"udp\"\n"}});
  const Config after =
      read({{"b",
             "[node]\nlog_level = \"warn\"\nmax_paths = 1000\n[interface.lan]\n"
             "kind = \"tcp-server\"\nlisten_port = 4243\n[interface.new]\nkind = \"udp\"\n"}});
  const Difference change = difference(before, after);
  EXPECT_EQ(change.live, Names{"node.log_level"});
  EXPECT_EQ(change.restart, Names{"node.max_paths"});
  EXPECT_EQ(change.added, Names{"new"});
  EXPECT_EQ(change.removed, Names{"old"});
  EXPECT_EQ(change.changed, Names{"lan"});
  EXPECT_TRUE(difference(after, after).empty());
  const Config applied = without_restart(before, after);
  EXPECT_EQ(applied.log_level, "warn");
  EXPECT_EQ(applied.max_paths, before.max_paths);
  EXPECT_EQ(difference(applied, after).restart, Names{"node.max_paths"});
}

TEST(Difference, ATrustSetMakesTheInterfacesAnewThatGoByIt) {
  const std::string two =
      "[interface.h]\nkind = \"hop\"\nallow = \"trusted\"\n"
      "[interface.i]\nkind = \"hop\"\nlisten_port = 7\n";
  const Config before = read({{"a", two}});
  const Config after =
      read({{"a", two + "[node]\ntrusted_peers = [\"5a0c1f24e8b3967d42f1c08a7be6d935\"]\n"}});
  const Difference change = difference(before, after);
  EXPECT_EQ(change.live, Names{"node.trusted_peers"});
  EXPECT_EQ(change.changed, Names{"h"});
  EXPECT_EQ(without_restart(before, after).trusted_peers.size(), 1U);
}

TEST(Operators, RulesAndPlacesAreStrict) {
  using Kind = AccessRule::Kind;
  const auto rules = access_rules(" alice  @operators 1001 *");
  ASSERT_TRUE(rules);
  EXPECT_EQ(*rules, (std::vector<AccessRule>{{Kind::kUser, "alice"},
                                             {Kind::kGroup, "operators"},
                                             {Kind::kUser, "1001"},
                                             {Kind::kEverybody, ""}}));
  EXPECT_FALSE(access_rules("@"));
  EXPECT_FALSE(access_rules("a,b"));
  EXPECT_EQ(metrics_place("127.0.0.1:9742")->port, 9742);
  EXPECT_EQ(metrics_place("[::1]:1")->host, "::1");
  EXPECT_EQ(metrics_place("/run/x")->path, "/run/x");
  for (const char* wrong : {"0.0.0.0:9742", "9742", "127.0.0.1:", "127.0.0.1:99999", "::1:80",
                            "192.168.1.1:80", "127.0.0.1:80x"}) {
    EXPECT_FALSE(metrics_place(wrong)) << wrong;
  }
  const Parsed parsed = parse_config("[operator]\nusers = \"a,b\"\nmetrics = \"0.0.0.0:1\"\n", "f");
  ASSERT_EQ(parsed.errors.size(), 2U);
  EXPECT_EQ(parsed.errors[0].line, 2);
  EXPECT_EQ(parsed.errors[1].key, "operator.metrics");
}

}  // namespace
}  // namespace mehr::config
