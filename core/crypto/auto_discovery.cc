// Group addresses and peering tokens, declared in auto_discovery.h.
#include "core/crypto/auto_discovery.h"

#include <algorithm>

#include "core/crypto/hash.h"

namespace mehr::crypto {
namespace {

/// A 16-bit word as an IPv6 address writes it: hexadecimal without leading zeroes.
std::string word_text(std::uint8_t high, std::uint8_t low) {
  const std::uint8_t bytes[] = {high, low};
  const std::string digits = to_hex(ByteView(bytes));
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

}  // namespace

std::string auto_group_address(std::string_view group, MulticastScope scope, MulticastKind kind) {
  const Hash32 hash = sha256(as_bytes(group));
  std::string out = "ff";
  out.push_back(static_cast<char>(kind));
  out.push_back(static_cast<char>(scope));
  out += ":0";
  for (std::size_t i = 2; i < 14; i += 2) {
    out += ':';
    out += word_text(hash.bytes[i], hash.bytes[i + 1]);
  }
  return out;
}

Hash32 auto_peer_token(std::string_view group, std::string_view address) {
  return sha256(concat({as_bytes(group), as_bytes(address)}));
}

}  // namespace mehr::crypto
