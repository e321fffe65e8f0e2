// Reads a configuration and its drop-ins from disk and says what an error looks like in print. The
// one file of core/config that touches the file system, at start only.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

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

namespace {

// What a folder of drop-ins holds, by name; empty when there is none.
std::vector<std::string> drop_ins(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".toml") && !name.starts_with(".")) out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<ConfigError> read_into(const std::string& path, std::vector<SourceFile>& files) {
  const auto unreadable = [&path](int error) {
    return ConfigError{path, 0, "",
                       std::string("cannot read the configuration: ") + std::strerror(error)};
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(errno);
  // One byte more than allowed, so that parse_files can say that it is too large.
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof())) return unreadable(errno);
  text.resize(static_cast<std::size_t>(file.gcount()));
  files.push_back({path, std::move(text)});
  return std::nullopt;
}

}  // namespace

std::string drop_in_folder(const std::string& path) {
  constexpr std::string_view kEnding = ".toml";
  const bool ends = path.ends_with(kEnding);
  return path.substr(0, path.size() - (ends ? kEnding.size() : 0)) + ".d";
}

Parsed load_config(const std::string& path) {
  std::vector<std::string> paths{path};
  for (std::string& one : drop_ins(drop_in_folder(path)))
    paths.push_back(std::move(one));
  Parsed out;
  if (paths.size() > kMaxDropIns + 1) {
    out.errors.push_back({drop_in_folder(path), 0, "",
                          "at most " + std::to_string(kMaxDropIns) + " files, found " +
                              std::to_string(paths.size() - 1)});
    return out;
  }
  std::vector<SourceFile> files;
  for (const std::string& one : paths) {
    if (auto error = read_into(one, files)) out.errors.push_back(*std::move(error));
  }
  if (!out.errors.empty()) return out;
  return parse_files(files);
}

}  // namespace mehr::config
