// Every example configuration in deploy/examples parses without a mistake, and shows what it says.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "core/config/config.h"

namespace mehr::config {
namespace {

TEST(Examples, EachParses) {
  std::size_t files = 0;
  bool access_code = false;
  std::set<InterfaceKind> kinds;
  for (const auto& entry : std::filesystem::directory_iterator(MEHR_EXAMPLES)) {
    if (entry.path().extension() != ".toml") continue;
    ++files;
    const Parsed parsed = load_config(entry.path().string());
    for (const ConfigError& error : parsed.errors)
      ADD_FAILURE() << error.text();
    EXPECT_FALSE(parsed.config.interfaces.empty()) << entry.path();
    for (const InterfaceConfig& interface : parsed.config.interfaces) {
      kinds.insert(interface.kind);
      access_code = access_code || !interface.passphrase.empty();
    }
  }
  EXPECT_GE(files, 5U);
  EXPECT_EQ(kinds.size(), 7U);
  EXPECT_TRUE(access_code);
}

}  // namespace
}  // namespace mehr::config
