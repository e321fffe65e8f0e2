// The directory the databases live in: its mode, its files' modes, and the lock that keeps a second
// program out. Owns no database. Opened once by the store or an operator's tool; released on
// destruction. Any one thread.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"

namespace mehr::store {

class StateDirectory {
 public:
  enum class WhenMissing { kCreate, kRefuse };

  /// Creates (mode 0700) or checks the directory, then takes the lock. Refuses, with a sentence
  /// that says what to do: not a directory, another user's, readable by group or others, on a
  /// network file system, in use by another program.
  static Result<std::unique_ptr<StateDirectory>> open(const std::string& path,
                                                      WhenMissing when_missing);
  ~StateDirectory();
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;

  /// Path of a file in the directory; made empty with mode 0600 when missing, refused when it is no
  /// regular file or readable by group or others.
  Result<std::string> prepare_file(const std::string& name);
  [[nodiscard]] bool has_file(const std::string& name) const;
  /// Renames `name` and its write-ahead log to `name`.broken-<unix seconds>; keeps the newest two
  /// such copies. @return the new name
  Result<std::string> set_aside(const std::string& name);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  StateDirectory(std::string path, int directory, int lock);
  Status sync();

  std::string path_;
  int directory_ = -1;  ///< descriptor for *at calls and fsync
  int lock_ = -1;
};

}  // namespace mehr::store
