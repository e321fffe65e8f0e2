// Where daemon and client look for state and socket.
#include "tools/mehr/places.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace mehr::cli {
namespace {

using config::Config;
using config::daemon_locations;
using config::Environment;

TEST(LocationsTest, PrefersTheConfiguration) {
  Config config;
  config.state_directory = "/a";
  config.admin_socket = "/b/s";
  const auto places =
      daemon_locations(config, {.state_directory = "/x", .runtime_directory = "/y", .root = true});
  EXPECT_EQ(places.state_directory, "/a");
  EXPECT_EQ(places.admin_socket, "/b/s");
}

TEST(LocationsTest, FollowsTheServiceManager) {
  const auto places =
      daemon_locations({}, {.state_directory = "/s:/t", .runtime_directory = "/r", .root = true});
  EXPECT_EQ(places.state_directory, "/s");
  EXPECT_EQ(places.admin_socket, "/r/admin.sock");
}

TEST(LocationsTest, KeepsRootAndUsersApart) {
  EXPECT_EQ(daemon_locations({}, {.home = "/root", .root = true}).state_directory, "/var/lib/mehr");
  EXPECT_EQ(daemon_locations({}, {.home = "/root", .root = true}).admin_socket,
            "/run/mehr/admin.sock");
  EXPECT_EQ(daemon_locations({}, {.home = "/h"}).state_directory, "/h/.local/state/mehr");
  EXPECT_EQ(daemon_locations({}, {.xdg_state_home = "/x/", .home = "/h"}).admin_socket,
            "/x/mehr/admin.sock");
  EXPECT_EQ(daemon_locations({}, {}).state_directory, "");
}

TEST(LocationsTest, PutsTheSocketOfANamedStateDirectoryThere) {
  Config config;
  config.state_directory = "/node1";
  EXPECT_EQ(daemon_locations(config, {.root = true}).admin_socket, "/node1/admin.sock");
}

class FindSocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("mehr-places-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& text) const {
    const std::string path = folder_ / "mehr.toml";
    std::ofstream(path) << text;
    return path;
  }
  std::filesystem::path folder_;
};

TEST_F(FindSocketTest, TakesOptionThenVariableThenConfiguration) {
  const std::string file = write("[node]\nadmin_socket = \"/c.sock\"\n");
  const Environment set{.mehr_socket = "/v.sock", .mehr_config = file};
  EXPECT_EQ(find_socket("/o.sock", file, set).value(), "/o.sock");
  EXPECT_EQ(find_socket("", file, set).value(), "/c.sock") << "--config is closer than a variable";
  EXPECT_EQ(find_socket("", "", set).value(), "/v.sock");
  EXPECT_EQ(find_socket("", "", {.mehr_config = file}).value(), "/c.sock");
}

TEST_F(FindSocketTest, DerivesItFromTheStateDirectory) {
  const std::string state = folder_ / "state";
  std::filesystem::create_directories(state);
  std::ofstream(state + "/admin.sock") << "";
  const std::string file = write("[node]\nstate_directory = \"" + state + "\"\n");
  EXPECT_EQ(find_socket("", file, {}).value(), state + "/admin.sock");
}

TEST_F(FindSocketTest, ReportsAWrongConfigurationThatWasNamed) {
  const std::string file = write("nonsense = 1\n");
  EXPECT_TRUE(absl::IsInvalidArgument(find_socket("", file, {}).status()));
}

TEST_F(FindSocketTest, FallsBackToTheUsersOwn) {
  std::filesystem::create_directories(folder_ / "mehr");
  std::ofstream(folder_ / "mehr/admin.sock") << "";
  if (access("/run/mehr/admin.sock", F_OK) == 0) GTEST_SKIP() << "a gateway runs on this machine";
  EXPECT_EQ(find_socket("", "", {.xdg_state_home = folder_.string()}).value(),
            (folder_ / "mehr/admin.sock").string());
}

}  // namespace
}  // namespace mehr::cli
