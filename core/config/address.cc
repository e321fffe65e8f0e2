// The grammar of numeric addresses, by hand because the pure folders include no socket headers.
#include "core/config/address.h"

#include <algorithm>
#include <cstddef>

namespace mehr::config {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_octet(std::string_view text) {
  if (text.empty() || text.size() > 3 || !std::all_of(text.begin(), text.end(), is_digit)) {
    return false;
  }
  if (text.size() > 1 && text[0] == '0') return false;
  int value = 0;
  for (const char c : text)
    value = value * 10 + (c - '0');
  return value <= 255;
}

// Number of 16-bit groups in "a:b:c", the last of which may be an IPv4 address; -1 = malformed.
int count_groups(std::string_view text) {
  int groups = 0;
  while (true) {
    const std::size_t end = text.find(':');
    const std::string_view group = text.substr(0, end);
    if (end == std::string_view::npos && is_ipv4_address(group)) return groups + 2;
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), is_hex)) {
      return -1;
    }
    ++groups;
    if (end == std::string_view::npos) return groups;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool is_ipv4_address(std::string_view text) {
  for (int octets = 1;; ++octets) {
    const std::size_t end = text.find('.');
    if (!is_octet(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return octets == 4;
    if (octets == 4) return false;
    text.remove_prefix(end + 1);
  }
}

bool is_ipv6_address(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text) == 8;
  const std::string_view before = text.substr(0, gap), after = text.substr(gap + 2);
  // An IPv4 tail is only allowed at the very end.
  if (before.find('.') != std::string_view::npos) return false;
  const int first = before.empty() ? 0 : count_groups(before);
  const int last = after.empty() ? 0 : count_groups(after);
  return first >= 0 && last >= 0 && first + last <= 7;
}

}  // namespace mehr::config
