// Exit codes of mehr: what a script can tell apart. Values only.
#pragma once

namespace mehr::cli {

enum Exit : int {
  kOk = 0,
  kFailed = 1,       ///< it did not work, or the answer is no (a ping without reply)
  kUsage = 2,        ///< wrong arguments or configuration
  kUnreachable = 3,  ///< mehrd does not run or does not answer
  kNotFound = 4,
  kTimeout = 5,  ///< not in the time given; a message stays queued
  kRefused = 6,  ///< no permission
};

inline constexpr const char* kExitHelp = R"(Exit codes:
  0  done
  1  failed, or the answer is no (a ping without reply)
  2  wrong arguments or configuration
  3  mehrd does not run or does not answer
  4  not found
  5  not within the time given (a message stays queued)
  6  no permission)";

}  // namespace mehr::cli
