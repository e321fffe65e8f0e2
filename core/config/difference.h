// What changes when one configuration takes the place of another, in the terms of a reload: which
// settings apply at once, which take a restart, which interfaces come, go or are made anew. Pure;
// any thread.
#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"

namespace mehr::config {

struct Difference {
  std::vector<std::string> live;     ///< "node.log_level": applied by a reload
  std::vector<std::string> restart;  ///< "node.max_paths": as before until the next start
  std::vector<std::string> added, removed, changed;  ///< names of interfaces

  [[nodiscard]] bool empty() const {
    return live.empty() && restart.empty() && added.empty() && removed.empty() && changed.empty();
  }
};

Difference difference(const Config& running, const Config& wanted);

/// `wanted`, with the settings that take a restart as they are in `running`.
Config without_restart(const Config& running, const Config& wanted);

}  // namespace mehr::config
