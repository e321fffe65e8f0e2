// The names of the interface modes, as the configuration and the CLI write them.
#include "controlplane/routing/interface_traits.h"

#include <array>

namespace mehr::routing {
namespace {

constexpr std::array<std::string_view, 7> kModeNames{
    "full", "point_to_point", "access_point", "roaming", "boundary", "gateway", "internal"};

}  // namespace

std::string_view mode_name(InterfaceMode mode) {
  const auto index = static_cast<std::size_t>(mode) - 1;
  return index < kModeNames.size() ? kModeNames[index] : "unknown";
}

std::optional<InterfaceMode> mode_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kModeNames.size(); ++i) {
    if (kModeNames[i] == name) return static_cast<InterfaceMode>(i + 1);
  }
  return std::nullopt;
}

}  // namespace mehr::routing
