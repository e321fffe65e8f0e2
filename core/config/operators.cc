// Words and addresses, strictly.
#include "core/config/operators.h"

#include <algorithm>
#include <charconv>

namespace mehr::config {
namespace {

// What Debian allows in names of users and groups, and digits.
bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.' || c == '$';
         });
}

std::optional<AccessRule> rule_of(std::string_view word) {
  if (word == "*") return AccessRule{AccessRule::Kind::kEverybody, ""};
  const bool group = word.front() == '@';
  const std::string_view name = word.substr(group ? 1 : 0);
  if (!good_name(name)) return std::nullopt;
  return AccessRule{group ? AccessRule::Kind::kGroup : AccessRule::Kind::kUser, std::string(name)};
}

}  // namespace

std::optional<std::vector<AccessRule>> access_rules(std::string_view text) {
  std::vector<AccessRule> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    auto rule = rule_of(word);
    if (!rule) return std::nullopt;
    out.push_back(*std::move(rule));
  }
  return out;
}

std::optional<MetricsPlace> metrics_place(std::string_view text) {
  MetricsPlace out;
  if (text.starts_with('/')) {
    out.path = std::string(text);
    return out;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon), port = text.substr(colon + 1);
  const char* const end = port.data() + port.size();
  const auto [stopped, error] = std::from_chars(port.data(), end, out.port);
  if (error != std::errc() || stopped != end) return std::nullopt;
  if (host == "127.0.0.1" || host == "localhost") {
    out.host = "127.0.0.1";
  } else if (host == "[::1]") {
    out.host = "::1";
  } else {
    return std::nullopt;
  }
  return out;
}

}  // namespace mehr::config
