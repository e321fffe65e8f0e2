// ChaCha20-Poly1305 (RFC 8439) on single messages, by libsodium. The batch form for the dataplane
// is a file of its own. Any thread; pure.
#pragma once

#include <optional>

#include "core/base/bytes.h"

namespace mehr::crypto {

/// @param counter becomes the nonce: 4 zero bytes || counter, little endian. Never twice per key.
/// @return ciphertext || tag 16
Bytes seal_aead(const Hash32& key, std::uint64_t counter, ByteView associated, ByteView plaintext);
/// The same where it stands. @param text_and_tag the plaintext and behind it 16 bytes for the tag
void seal_aead_in_place(const Hash32& key, std::uint64_t counter, ByteView associated,
                        MutableByteView text_and_tag);
/// nullopt when the tag does not fit or the input is shorter than a tag.
std::optional<Bytes> open_aead(const Hash32& key, std::uint64_t counter, ByteView associated,
                               ByteView sealed);

}  // namespace mehr::crypto
