// The passphrase that seals the identity, from where an operator keeps it: a file of his own or a
// credential of systemd. Reads files, keeps nothing; the caller wipes what it gets. Any thread.
#pragma once

#include <string>

#include "core/base/result.h"

namespace mehr::store {

/// @param file its first line is the passphrase; refused when others can read it. Empty: none.
/// @param credentials_directory $CREDENTIALS_DIRECTORY; the first line of `passphrase` in it is
///   used when `file` is empty. Empty or without that file: none.
/// @return the passphrase, empty when neither is given; an error that names the file and says what
///   to do when it cannot be used
Result<std::string> read_passphrase(const std::string& file,
                                    const std::string& credentials_directory);

/// Overwrites and empties a passphrase that is no longer needed.
void wipe_passphrase(std::string& passphrase);

}  // namespace mehr::store
