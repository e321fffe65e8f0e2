// Rules that need more than one key: what a kind requires, what two interfaces may not share. Owns
// the rules, not the reading; parse.cc calls it once with everything it read. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"

namespace mehr::config {

struct Place {
  std::string file;
  int line = 0;
};

/// An interface as read, with the places its errors point to.
struct InterfaceDraft {
  InterfaceConfig config;
  Place place;              ///< of [interface.<name>]
  bool kind_known = false;  ///< false: nothing that depends on the kind is checked
  std::map<std::string, Place, std::less<>> places;  ///< every schema key present, also rejected

  [[nodiscard]] bool has(std::string_view key) const { return places.contains(key); }
  [[nodiscard]] const Place& place_of(std::string_view key) const {
    const auto found = places.find(key);
    return found == places.end() ? place : found->second;
  }
};

/// Appends one error for every broken rule.
void check_interfaces(const std::vector<InterfaceDraft>& drafts, std::vector<ConfigError>& errors);

/// The same for [node] and for [operator]; `places` has every key that is present.
void check_node(const Config& config, const std::map<std::string, Place, std::less<>>& places,
                std::vector<ConfigError>& errors);
void check_operator(const Config& config, const std::map<std::string, Place, std::less<>>& places,
                    std::vector<ConfigError>& errors);

}  // namespace mehr::config
