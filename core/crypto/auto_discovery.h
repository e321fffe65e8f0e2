// How nodes on one Ethernet or Wi-Fi find each other without configuration: the multicast group
// made from a group name, and the token that proves a datagram comes from its source address. Any
// thread; pure. Source: reticulum-wire §26.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace mehr::crypto {

enum class MulticastKind : char { kPermanent = '0', kTemporary = '1' };
enum class MulticastScope : char {
  kLink = '2',
  kAdmin = '4',
  kSite = '5',
  kOrganisation = '8',
  kGlobal = 'e',
};

/// IPv6 group of a group name, as text; words without leading zeroes, never shortened with "::".
std::string auto_group_address(std::string_view group, MulticastScope scope = MulticastScope::kLink,
                               MulticastKind kind = MulticastKind::kTemporary);

/// What a node sends to the group. @param address its link-local address as RFC 5952 text, lower
/// case, without zone ("fe80::1")
Hash32 auto_peer_token(std::string_view group, std::string_view address);

}  // namespace mehr::crypto
