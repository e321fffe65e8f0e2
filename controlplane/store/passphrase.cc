// Read through a buffer of our own, so that no copy stays behind in a stream.
#include "controlplane/store/passphrase.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "core/base/bytes.h"

namespace mehr::store {
namespace {

/// Longer ones would be a wrong file, not a passphrase.
constexpr std::size_t kLongest = 1'024;
constexpr std::string_view kCredential = "/passphrase";

Result<std::string> first_line(int file, const std::string& path) {
  std::array<std::uint8_t, kLongest + 2> buffer{};
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < buffer.size() &&
         (got = ::read(file, buffer.data() + size, buffer.size() - size)) > 0) {
    size += static_cast<std::size_t>(got);
  }
  const std::string why = got < 0 ? std::strerror(errno) : "";
  const auto filled = ByteView(buffer).first(size);
  const auto end = std::find(filled.begin(), filled.end(), std::uint8_t{0x0A});
  std::string line(filled.begin(), end);
  wipe(buffer);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (!why.empty())
    return absl::NotFoundError("cannot read the passphrase in " + path + ": " + why);
  if (line.empty())
    return absl::NotFoundError("the first line of " + path +
                               " is empty: write the "
                               "passphrase there");
  if (line.size() <= kLongest) return line;
  wipe_passphrase(line);
  return absl::InvalidArgumentError("the first line of " + path + " is longer than " +
                                    std::to_string(kLongest) + " bytes: no passphrase");
}

}  // namespace

Result<std::string> read_passphrase(const std::string& file,
                                    const std::string& credentials_directory) {
  const bool credential = file.empty();
  if (credential && credentials_directory.empty()) return std::string();
  const std::string path = credential ? credentials_directory + std::string(kCredential) : file;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) {
    if (credential && errno == ENOENT) return std::string();
    return absl::NotFoundError("cannot read the passphrase in " + path + ": " +
                               std::strerror(errno));
  }
  struct stat info {};
  Result<std::string> line = absl::InternalError("");
  // The service manager answers for the mode of its credentials.
  if (!credential && (::fstat(descriptor, &info) != 0 || (info.st_mode & 077U) != 0)) {
    line = absl::PermissionDeniedError("passphrase_file " + path +
                                       " is open to others; run: chmod 600 " + path);
  } else {
    line = first_line(descriptor, path);
  }
  ::close(descriptor);
  return line;
}

void wipe_passphrase(std::string& passphrase) {
  wipe({reinterpret_cast<std::uint8_t*>(passphrase.data()), passphrase.size()});
  passphrase.clear();
}

}  // namespace mehr::store
