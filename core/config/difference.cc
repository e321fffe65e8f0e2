// By the table of keys, so that a new key cannot be forgotten here.
#include "core/config/difference.h"

#include <algorithm>

#include "core/config/schema.h"

namespace mehr::config {
namespace {

const InterfaceConfig* find(const Config& config, const std::string& name) {
  const auto found =
      std::find_if(config.interfaces.begin(), config.interfaces.end(),
                   [&](const InterfaceConfig& interface) { return interface.name == name; });
  return found == config.interfaces.end() ? nullptr : &*found;
}

bool same(const InterfaceConfig& a, const InterfaceConfig& b) {
  const auto keys = schema();
  return std::all_of(keys.begin(), keys.end(), [&](const Key& key) {
    // What a profile says shows in the settings it fills.
    if (key.section != Section::kInterface || key.name == "profile") return true;
    return key.get({}, a) == key.get({}, b);
  });
}

}  // namespace

Difference difference(const Config& running, const Config& wanted) {
  Difference out;
  for (const Key& key : schema()) {
    if (key.section == Section::kInterface) continue;
    if (key.get(running, {}) == key.get(wanted, {})) continue;
    const std::string name = std::string(section_name(key.section)) + "." + std::string(key.name);
    (key.live ? out.live : out.restart).push_back(name);
  }
  for (const InterfaceConfig& interface : wanted.interfaces) {
    const InterfaceConfig* before = find(running, interface.name);
    if (before == nullptr) {
      out.added.push_back(interface.name);
    } else if (!same(*before, interface) || before->hop.trusted != interface.hop.trusted) {
      out.changed.push_back(interface.name);
    }
  }
  for (const InterfaceConfig& interface : running.interfaces) {
    if (find(wanted, interface.name) == nullptr) out.removed.push_back(interface.name);
  }
  return out;
}

Config without_restart(const Config& running, const Config& wanted) {
  Config out = wanted;
  InterfaceConfig unused;
  for (const Key& key : schema()) {
    if (key.section == Section::kInterface || key.live) continue;
    if (const auto value = key.get(running, {})) key.set(out, unused, *value);
  }
  return out;
}

}  // namespace mehr::config
