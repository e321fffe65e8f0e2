// A scanner that knows strings and comments of TOML and nothing else. Pure; any thread.
#include "core/config/stray.h"

#include <algorithm>

namespace mehr::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The end of the string that starts at `start` with a quote; of a single-line one that is not
// closed, the end of the line.
std::size_t string_end(std::string_view text, std::size_t start) {
  const char quote = text[start];
  const bool escapes = quote == '"';
  const std::string_view triple = escapes ? R"(""")" : "'''";
  const bool multi_line = text.substr(start, 3) == triple;
  for (std::size_t at = start + (multi_line ? 3 : 1); at < text.size(); ++at) {
    if (escapes && text[at] == '\\') {
      ++at;
      // A line break ends a single-line string even behind a backslash.
      if (at < text.size() && text[at] == '\n' && !multi_line) return at;
    } else if (!multi_line && text[at] == '\n') {
      return at;
    } else if (text[at] == quote && !multi_line) {
      return at + 1;
    } else if (multi_line && text.substr(at, 3) == triple) {
      at += 3;
      // Up to two quotes may stand right before the closing three.
      for (int extra = 0; extra < 2 && at < text.size() && text[at] == quote; ++extra)
        ++at;
      return at;
    }
  }
  return text.size();
}

}  // namespace

std::optional<int> stray_character_line(std::string_view text) {
  std::size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (at < text.size()) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) > 0x7F) {
      return static_cast<int>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) +
             1;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (c == '"' || c == '\'') {
      at = string_end(text, at);
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

}  // namespace mehr::config
