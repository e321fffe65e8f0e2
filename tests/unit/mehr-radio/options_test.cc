// The command line: what it accepts and what it says of mistakes.
#include "tools/mehr-radio/options.h"

#include <gtest/gtest.h>

namespace mehr::mehr_radio {
namespace {

OptionsRead read(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "mehr-radio");
  return read_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, TakesNodesLossesAndGains) {
  const auto parsed =
      read({"--link", "/tmp/x", "--node", "alice", "--node", "bob,gain=-3", "--loss",
            "alice:bob=0.1", "--gain", "bob>alice=-120", "--seed", "7", "--speed", "10", "--live"});
  ASSERT_EQ(parsed.exit_code, -1) << parsed.message;
  ASSERT_EQ(parsed.options.nodes.size(), 2U);
  EXPECT_EQ(parsed.options.nodes[1].name, "bob");
  EXPECT_EQ(parsed.options.nodes[1].gain_db, -3);
  EXPECT_TRUE(parsed.options.losses[0].both);
  EXPECT_EQ(parsed.options.losses[0].value, 0.1);
  EXPECT_FALSE(parsed.options.gains[0].both);
  EXPECT_EQ(parsed.options.gains[0].from, "bob");
  EXPECT_EQ(parsed.options.seed, 7U);
  EXPECT_EQ(parsed.options.speed, 10);
  EXPECT_TRUE(parsed.options.live);
}

TEST(Options, HelpAndVersionAreNoErrors) {
  EXPECT_EQ(read({"--help"}).exit_code, 0);
  EXPECT_NE(read({"--help"}).message.find("Exit codes"), std::string::npos);
  EXPECT_EQ(read({"--version"}).message, "mehr-radio " MEHR_VERSION "\n");
}

TEST(Options, MistakesAreNamed) {
  const auto says = [](std::vector<const char*> arguments, std::string_view part) {
    const auto parsed = read(std::move(arguments));
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_NE(parsed.message.find(part), std::string::npos) << parsed.message;
  };
  says({"--node", "a"}, "--link");
  says({"--link", "/tmp/x"}, "--node");
  says({"--link", "/tmp/x", "--node", "a/b"}, "no radio name");
  says({"--link", "/tmp/x", "--node", "a,gain=x"}, "gain=-3");
  says({"--link", "/tmp/x", "--node", "a", "--node", "a"}, "twice");
  says({"--link", "/tmp/x", "--node", "a", "--loss", "a:b=0.5"}, "no radio 'b'");
  says({"--link", "/tmp/x", "--node", "a", "--node", "b", "--loss", "a:b=2"}, "from 0 to 1");
  says({"--link", "/tmp/x", "--node", "a", "--node", "b", "--loss", "a-b=2"}, "A:B=VALUE");
  says({"--link", "/tmp/x", "--node", "a", "--speed", "0"}, "--speed");
}

}  // namespace
}  // namespace mehr::mehr_radio
