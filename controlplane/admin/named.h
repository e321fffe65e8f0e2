// Which neighbour an operator means by the first digits of its identity. Pure; called by the
// daemon, on the reactor thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/admin/backend.h"

namespace mehr::admin {

/// @param known without repetitions
/// @param prefix lower-case digits; empty means all of them, else exactly one is meant
/// @return nullopt after having answered `call` that none fits, or which several do
std::optional<std::vector<IdentityHash>> named(const std::vector<IdentityHash>& known,
                                               const std::string& prefix, const Call& call);

}  // namespace mehr::admin
