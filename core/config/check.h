// Rules that need more than one key: what a kind requires, what two interfaces may not share. Owns
// the rules, not the reading; parse.cc calls it once with everything it read. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"

namespace mehr::config {

/// An interface as read, with the lines its errors point to.
struct InterfaceDraft {
  InterfaceConfig config;
  int line = 0;             ///< of [interface.<name>]
  bool kind_known = false;  ///< false: nothing that depends on the kind is checked
  std::map<std::string, int, std::less<>> lines;  ///< every schema key present, also rejected ones

  [[nodiscard]] bool has(std::string_view key) const { return lines.contains(key); }
  [[nodiscard]] int line_of(std::string_view key) const {
    const auto found = lines.find(key);
    return found == lines.end() ? line : found->second;
  }
};

/// Appends one error for every broken rule; `file` is left empty.
void check_interfaces(const std::vector<InterfaceDraft>& drafts, std::vector<ConfigError>& errors);

}  // namespace mehr::config
