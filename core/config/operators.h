// The texts of [operator] as values: who is allowed, where the metrics page is served. Looks up no
// user and opens nothing. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mehr::config {

/// One word of `users` or `readers`.
struct AccessRule {
  enum class Kind : std::uint8_t { kEverybody, kUser, kGroup };
  Kind kind = Kind::kUser;
  std::string name;  ///< of the user or group, or its number in digits
  bool operator==(const AccessRule&) const = default;
};

/// "alice @operators 1001 *"; nullopt when a word is none of these.
std::optional<std::vector<AccessRule>> access_rules(std::string_view text);

struct MetricsPlace {
  std::string path;  ///< of a Unix socket, or empty: host and port
  std::string host;
  std::uint16_t port = 0;  ///< 0 = any free one
};

/// "127.0.0.1:9742", "[::1]:9742" or an absolute path; nullopt for anything else, in particular for
/// addresses that others than this host reach.
std::optional<MetricsPlace> metrics_place(std::string_view text);

}  // namespace mehr::config
