// The table, the structures and the manual must say the same: every key in default.toml, every
// value there the default, every range kept by the field it fills.
#include "core/config/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>

#include "core/config/config.h"
#include "core/config/suggest.h"

namespace mehr::config {
namespace {

// The manual with its commented-out settings ("#key = ", "#[section]") brought to life.
std::string uncommented() {
  std::istringstream manual{std::string(default_toml())};
  std::string out;
  for (std::string line; std::getline(manual, line);) {
    const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += (setting ? line.substr(1) : line) + "\n";
  }
  return out;
}

std::string errors_of(const Parsed& parsed) {
  std::string out;
  for (const ConfigError& error : parsed.errors)
    out += error.text() + "\n";
  return out;
}

TEST(DefaultToml, ParsesToTheDefaults) {
  const Parsed parsed = parse_config(default_toml(), "default.toml");
  EXPECT_EQ(errors_of(parsed), "");
  EXPECT_TRUE(parsed.config.interfaces.empty());
  const Config defaults;
  for (const Key& key : schema()) {
    if (key.section == Section::kInterface) continue;
    EXPECT_EQ(key.get(parsed.config, {}), key.get(defaults, {})) << key.name;
  }
}

TEST(DefaultToml, ShowsInterfaceDefaults) {
  const Parsed parsed = parse_config(uncommented(), "default.toml");
  // One address is used by two example interfaces of different kinds, which is allowed.
  EXPECT_EQ(errors_of(parsed), "");
  ASSERT_EQ(parsed.config.interfaces.size(), 7U);
  const std::set<std::string_view> required{"kind",    "connect_host", "connect_port",
                                            "device",  "frequency_hz", "peers",
                                            "allowed", "rpc_key"};
  for (const InterfaceConfig& interface : parsed.config.interfaces) {
    Config unused;
    InterfaceConfig defaults;
    find_key(Section::kInterface, "kind")
        ->set(unused, defaults, std::string(kind_name(interface.kind)));
    for (const Key& key : schema()) {
      if (key.section != Section::kInterface || required.contains(key.name)) continue;
      const auto wanted = key.get({}, defaults);
      if (!wanted) continue;
      EXPECT_EQ(key.get({}, interface), wanted) << interface.name << "." << key.name;
    }
  }
}

TEST(DefaultToml, HasEveryKeyAndNoOther) {
  const std::string text = uncommented();
  std::set<std::string> shown;
  std::istringstream lines(text);
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[")) section = line.substr(1, line.find_first_of(".]") - 1);
    const std::size_t equals = line.find(" = ");
    if (line.starts_with("#") || equals == std::string::npos) continue;
    shown.insert(section + "." + line.substr(0, equals));
  }
  std::set<std::string> known;
  for (const Key& key : schema()) {
    known.insert(std::string(section_name(key.section)) + "." + std::string(key.name));
  }
  EXPECT_EQ(shown, known);
}

TEST(Schema, EveryKeyIsOnceAndDescribed) {
  std::set<std::pair<Section, std::string_view>> seen;
  for (const Key& key : schema()) {
    EXPECT_TRUE(seen.emplace(key.section, key.name).second) << key.name;
    EXPECT_FALSE(key.help.empty()) << key.name;
    EXPECT_EQ(key.help.back(), '.') << key.name;
    EXPECT_NE(key.kinds, 0U) << key.name;
    EXPECT_EQ(find_key(key.section, key.name), &key);
  }
  EXPECT_EQ(find_key(Section::kNode, "kind"), nullptr);
}

TEST(Schema, FieldsHoldTheWholeRange) {
  for (const Key& key : schema()) {
    for (const double bound : {key.min, key.max}) {
      Config config;
      InterfaceConfig interface;
      if (key.type == ValueType::kText || key.type == ValueType::kTextList) continue;
      const Value value = key.type == ValueType::kInteger  ? Value(static_cast<std::int64_t>(bound))
                          : key.type == ValueType::kNumber ? Value(bound)
                                                           : Value(bound > 0);
      key.set(config, interface, value);
      EXPECT_EQ(key.get(config, interface), value) << key.name;
    }
  }
}

TEST(Schema, DefaultsAreWithinTheirRanges) {
  for (const Key& key : schema()) {
    const auto value = key.get({}, {});
    if (!value || key.name == "connect_port" || key.name == "frequency_hz") continue;
    if (const auto* integer = std::get_if<std::int64_t>(&*value)) {
      EXPECT_GE(static_cast<double>(*integer), key.min) << key.name;
      EXPECT_LE(static_cast<double>(*integer), key.max) << key.name;
    }
  }
}

TEST(Suggest, FindsNearWordsOnly) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("ab", "ba"), 1U);
  EXPECT_EQ(nearest("modee", {"mode", "mtu"}), "mode");
  EXPECT_EQ(nearest("Listen-Port", {"listen_host", "listen_port"}), "listen_port");
  EXPECT_EQ(nearest("zz", {"mode", "mtu"}), "");
  EXPECT_EQ(nearest("", {"mode"}), "");
  EXPECT_EQ(nearest("abc", {"xyc"}), "xyc");
  EXPECT_EQ(nearest("kiss_framing", {"kind", "mode"}), "");
}

}  // namespace
}  // namespace mehr::config
