// Finds characters that TOML allows only inside quotes and comments. Owns just that scan, which
// runs before the TOML parser. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace mehr::config {

/// The line (from 1) of the first byte above 0x7F outside strings and comments, as copied
/// typographic quotes or a letter with an accent in a key; a byte order mark at the start is let
/// through. toml++ 3.3 has undefined behaviour for some of these, hence the look ahead of it.
std::optional<int> stray_character_line(std::string_view text);

}  // namespace mehr::config
