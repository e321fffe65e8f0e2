// Reticulum's authenticated encryption and what is built on it: packets to a SINGLE destination and
// to a link. Any thread; pure. Source: reticulum-wire §5.
//
//   token = IV 16 || AES-CBC(PKCS7(plaintext)) || HMAC-SHA256 32 over (IV || ciphertext)
#pragma once

#include <optional>
#include <span>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/crypto/identity.h"

namespace mehr::crypto {

inline constexpr std::size_t kTokenOverhead = 48;  ///< IV and MAC, without PKCS7's 1..16

/// Encrypts under a 64-byte key (32 MAC || 32 AES-256) or 32-byte key (16 || 16, AES-128, legacy).
Bytes seal_token(ByteView key, const FixedBytes<16>& iv, ByteView plaintext);
/// Checks the MAC in constant time, then decrypts; nullopt on any damage or key size.
std::optional<Bytes> open_token(ByteView key, ByteView token);

/// Encrypts to a destination: ephemeral public key 32 || token.
/// @param ratchet newest known ratchet of the destination, or nullopt for its identity key
std::optional<Bytes> seal_to_identity(const PublicIdentity& recipient,
                                      const std::optional<Hash32>& ratchet, ByteView plaintext,
                                      Random& random);
/// Same, with the ephemeral private key and IV given (vectors, tests).
std::optional<Bytes> seal_to_identity_with(const PublicIdentity& recipient,
                                           const std::optional<Hash32>& ratchet,
                                           ByteView ephemeral_private, const FixedBytes<16>& iv,
                                           ByteView plaintext);
/// Decrypts with each ratchet private key (newest first), then the identity key unless
/// `enforce_ratchets`. nullopt when nothing fits.
std::optional<Bytes> open_from_identity(const PrivateIdentity& self,
                                        std::span<const Hash32> ratchet_private_keys,
                                        bool enforce_ratchets, ByteView ciphertext);

/// 64-byte token key of a link: HKDF over the shared secret, salt = link id.
FixedBytes<64> link_key(const Hash32& shared, const LinkId& link);

}  // namespace mehr::crypto
