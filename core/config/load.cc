// Reads a configuration file from disk and says what an error looks like in print. The one file of
// core/config that touches the file system, at start only.
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/config/config.h"
#include "core/config/schema.h"

namespace mehr::config {

std::string ConfigError::text() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line);
  if (!out.empty()) out += ": ";
  if (!key.empty()) out += key + ": ";
  // A control character in a key or value must not reach the operator's terminal.
  out += problem;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return out;
}

Parsed load_config(const std::string& path) {
  const auto unreadable = [&path](const std::string& why) {
    Parsed out;
    out.errors.push_back({path, 0, "", "cannot read the configuration: " + why});
    return out;
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(std::strerror(errno));
  // One byte more than allowed, so that parse_config can say that it is too large.
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof())) return unreadable(std::strerror(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_config(text, path);
}

}  // namespace mehr::config
