// SHA-256, HMAC, HKDF and the names and addresses made of them. Any thread; pure.
// Source: reticulum-wire §3, §4, §5.
#pragma once

#include <string_view>

#include "core/base/bytes.h"

namespace mehr::crypto {

Hash32 sha256(ByteView data);
/// First 16 bytes of SHA-256: how every address is made.
Hash16 truncated_sha256(ByteView data);
Hash32 hmac_sha256(ByteView key, ByteView data);

/// For nothing but the login of old Python programs (controlplane/interface/program_login.h).
Hash16 hmac_md5(ByteView key, ByteView data);

/// HKDF-SHA256 with empty info, as Reticulum runs it: an empty salt means 32 zero bytes and the
/// block counter wraps modulo 256, so any `length` is legal (RFC 5869 stops at 8,160).
Bytes hkdf(std::size_t length, ByteView input_key, ByteView salt);

/// First 10 bytes of SHA-256 over the UTF-8 full name, "app.aspect.aspect".
NameHash name_hash(std::string_view full_name);
DestinationHash destination_hash(const NameHash& name, const IdentityHash& identity);
/// A PLAIN destination without identity.
DestinationHash plain_destination_hash(std::string_view full_name);
/// First 10 bytes of SHA-256 of a ratchet's X25519 public key.
NameHash ratchet_id(const Hash32& ratchet_public);

/// SHA-256 over the hashable part of a packet that wire::decode_packet accepts.
Hash32 packet_hash(ByteView raw_packet);
/// Its first 16 bytes: what a proof is addressed to and the reverse table is keyed by.
Hash16 truncate(const Hash32& hash);

/// Link id of a link request: hash of the hashable part without anything beyond the first 64 data
/// bytes (the MTU signalling that relays may change). @param raw_request a LINKREQUEST packet
LinkId link_id(ByteView raw_request);

}  // namespace mehr::crypto
