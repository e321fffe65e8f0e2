// The hash functions and the names made of them, declared in hash.h.
#include "core/crypto/hash.h"

#include <sodium.h>

#include <algorithm>

#include "core/wire/packet.h"

namespace mehr::crypto {
namespace {

constexpr std::size_t kLinkKeysSize = 64;  ///< data bytes of a link request that make its id

/// HMAC with a fixed key, so that HKDF pays for the key block once and not per 32 bytes.
class KeyedHmac {
 public:
  explicit KeyedHmac(ByteView key) { crypto_auth_hmacsha256_init(&start_, key.data(), key.size()); }
  KeyedHmac(const KeyedHmac&) = delete;
  KeyedHmac& operator=(const KeyedHmac&) = delete;
  ~KeyedHmac() { sodium_memzero(&start_, sizeof start_); }

  [[nodiscard]] Hash32 of(std::initializer_list<ByteView> parts) const {
    crypto_auth_hmacsha256_state state = start_;
    for (const ByteView part : parts) {
      crypto_auth_hmacsha256_update(&state, part.data(), part.size());
    }
    Hash32 out;
    crypto_auth_hmacsha256_final(&state, out.bytes.data());
    return out;
  }

 private:
  crypto_auth_hmacsha256_state start_;
};

Hash32 sha256_of(std::initializer_list<ByteView> parts) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const ByteView part : parts)
    crypto_hash_sha256_update(&state, part.data(), part.size());
  Hash32 out;
  crypto_hash_sha256_final(&state, out.bytes.data());
  return out;
}

NameHash first_ten(const Hash32& hash) {
  return *NameHash::from(hash.view());
}

/// Hash of the hashable part without copying it. @param cut bytes left off at the end
Hash32 hash_hashable(ByteView raw, std::size_t cut) {
  if (raw.empty()) return sha256_of({});
  const std::size_t skip = (raw[0] & 0x40) != 0 ? 18 : 2;
  if (raw.size() < skip + cut) return sha256_of({});
  const std::uint8_t flags = raw[0] & 0x0F;
  return sha256_of({{&flags, 1}, raw.subspan(skip, raw.size() - skip - cut)});
}

}  // namespace

Hash32 sha256(ByteView data) {
  return sha256_of({data});
}

Hash16 truncate(const Hash32& hash) {
  return *Hash16::from(hash.view());
}

Hash16 truncated_sha256(ByteView data) {
  return truncate(sha256(data));
}

Hash32 hmac_sha256(ByteView key, ByteView data) {
  return KeyedHmac(key).of({data});
}

Bytes hkdf(std::size_t length, ByteView input_key, ByteView salt) {
  // HMAC pads its key with zeroes: an empty salt is the same as 32 zero bytes.
  Hash32 pseudorandom_key = hmac_sha256(salt, input_key);
  const KeyedHmac hmac(pseudorandom_key.view());
  wipe(pseudorandom_key.mutable_view());
  Bytes out(length);
  Hash32 block;
  ByteView previous;
  std::uint8_t counter = 0;
  for (std::size_t done = 0; done < length;) {
    ++counter;  // wraps after 255 to 0, as Reticulum's does
    block = hmac.of({previous, {&counter, 1}});
    previous = block.view();
    const std::size_t count = std::min(Hash32::kSize, length - done);
    std::copy_n(block.bytes.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += count;
  }
  wipe(block.mutable_view());
  return out;
}

NameHash name_hash(std::string_view full_name) {
  return first_ten(sha256(as_bytes(full_name)));
}

DestinationHash destination_hash(const NameHash& name, const IdentityHash& identity) {
  return truncate(sha256_of({name.view(), identity.view()}));
}

DestinationHash plain_destination_hash(std::string_view full_name) {
  return truncated_sha256(name_hash(full_name).view());
}

NameHash ratchet_id(const Hash32& ratchet_public) {
  return first_ten(sha256(ratchet_public.view()));
}

Hash32 packet_hash(ByteView raw_packet) {
  return hash_hashable(raw_packet, 0);
}

LinkId link_id(ByteView raw_request) {
  const bool two = !raw_request.empty() && (raw_request[0] & 0x40) != 0;
  const std::size_t keys_end = (two ? wire::kHeaderMax : wire::kHeaderMin) + kLinkKeysSize;
  const std::size_t cut = raw_request.size() > keys_end ? raw_request.size() - keys_end : 0;
  return truncate(hash_hashable(raw_request, cut));
}

}  // namespace mehr::crypto
