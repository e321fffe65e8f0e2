// Recognises numeric internet addresses. Owns no resolving and no binary form. Pure; any thread.
#pragma once

#include <string_view>

namespace mehr::config {

/// Four decimal numbers of 0 .. 255 without leading zeros, joined by dots.
bool is_ipv4_address(std::string_view text);
/// The text forms of RFC 4291 §2.2, without zone or brackets.
bool is_ipv6_address(std::string_view text);
inline bool is_numeric_address(std::string_view text) {
  return is_ipv4_address(text) || is_ipv6_address(text);
}

}  // namespace mehr::config
