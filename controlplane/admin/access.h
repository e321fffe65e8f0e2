// Who may use a socket of the operator's: root, mehrd's own user, and whom the configuration lists.
// Owns the list, with names turned into numbers once. Reactor thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "controlplane/reactor/reactor.h"
#include "core/base/result.h"

namespace mehr::admin {

class Access {
 public:
  /// Root and the user this process runs as.
  Access();
  /// Adds the rules of a text as core/config/operators.h reads it. Looks names up in the system's
  /// databases, which may take a while. @return an error, having added nothing, for a name that is
  /// in none of them or that this process could not recognise
  Status add(std::string_view rules);
  [[nodiscard]] bool allows(const reactor::PeerUser& user) const;

 private:
  bool everybody_ = false;
  std::vector<std::uint32_t> users_, groups_;
};

}  // namespace mehr::admin
