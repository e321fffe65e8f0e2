// Operating errors (port taken, radio unplugged, disk full, bad configuration) travel as
// absl::StatusOr under these names. Hostile input never does: it ends in a verdict and a counter.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace mehr {

using Status = absl::Status;
template <typename T>
using Result = absl::StatusOr<T>;

}  // namespace mehr
