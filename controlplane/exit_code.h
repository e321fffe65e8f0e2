// Exit codes of mehrd, which mehr-gateway and init systems act on. Values only.
#pragma once

namespace mehr {

enum ExitCode : int {
  kExitOk = 0,             ///< stopped because it was asked to
  kExitFailed = 1,         ///< anything else; a restart may help
  kExitConfiguration = 2,  ///< wrong arguments or configuration
  kExitState = 3,          ///< state directory or identity cannot be used
  kExitIoUring = 4,        ///< the kernel offers no io_uring
  kExitAdminSocket = 5,    ///< the admin socket cannot be made
};

/// Whether a restart cannot mend it: somebody has to change something first.
constexpr bool exit_is_final(int code) {
  return code == kExitConfiguration || code == kExitState || code == kExitIoUring;
}

}  // namespace mehr
