// Deriving access-code keys, adding and removing codes; declared in access_code.h.
#include "core/crypto/access_code.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/crypto/hash.h"

namespace mehr::crypto {
namespace {

constexpr std::uint8_t kCodeBit = 0x80;
constexpr std::size_t kCodeOffset = 2;  ///< after flags and hops

/// The salt every Reticulum node derives access-code keys with.
constexpr Hash32 kSalt{{0xad, 0xf5, 0x4d, 0x88, 0x2c, 0x9a, 0x9b, 0x80, 0x77, 0x1e, 0xb4,
                        0x99, 0x5d, 0x70, 0x2d, 0x4a, 0x3e, 0x73, 0x33, 0x91, 0xb2, 0xa0,
                        0xf5, 0x3f, 0x41, 0x6d, 0x9f, 0x90, 0x7e, 0x55, 0xcf, 0xf8}};

FixedBytes<64> derive_key(std::string_view network_name, std::string_view passphrase) {
  MEHR_ASSERT(!network_name.empty() || !passphrase.empty());
  Bytes origin;
  for (const std::string_view part : {network_name, passphrase}) {
    if (!part.empty()) append(origin, sha256(as_bytes(part)).view());
  }
  Bytes key = hkdf(64, sha256(origin).view(), kSalt.view());
  const auto out = *FixedBytes<64>::from(key);
  wipe(key);
  wipe(origin);
  return out;
}

/// XORs everything but the code with a mask that depends on the code.
void apply_mask(MutableByteView frame, std::size_t size, ByteView key) {
  const ByteView code = frame.subspan(kCodeOffset, size);
  const Bytes mask = hkdf(frame.size(), code, key);
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const bool in_code = i >= kCodeOffset && i < kCodeOffset + size;
    if (!in_code) frame[i] = static_cast<std::uint8_t>(frame[i] ^ mask[i]);
  }
}

}  // namespace

AccessCode::AccessCode(std::string_view network_name, std::string_view passphrase, std::size_t size)
    : key_(derive_key(network_name, passphrase)), signing_(key_.view().subspan(32)), size_(size) {
  MEHR_ASSERT(size >= 1 && size <= Signature::kSize);
}

AccessCode::~AccessCode() {
  wipe(key_.mutable_view());
}

Bytes AccessCode::protect(ByteView packet) const {
  MEHR_ASSERT(packet.size() >= kCodeOffset);
  const Signature signature = signing_.sign(packet);
  Bytes frame = concat(
      {packet.first(kCodeOffset), signature.view().last(size_), packet.subspan(kCodeOffset)});
  apply_mask(frame, size_, key_.view());
  frame[0] |= kCodeBit;
  return frame;
}

std::optional<Bytes> AccessCode::admit(ByteView frame) const {
  if (frame.size() <= kCodeOffset + size_ || (frame[0] & kCodeBit) == 0) return std::nullopt;
  Bytes clear = to_bytes(frame);
  apply_mask(clear, size_, key_.view());
  clear[0] &= static_cast<std::uint8_t>(~kCodeBit);
  const auto code_begin = clear.begin() + kCodeOffset;
  clear.erase(code_begin, code_begin + static_cast<std::ptrdiff_t>(size_));
  const Signature signature = signing_.sign(clear);
  const ByteView code = frame.subspan(kCodeOffset, size_);
  if (!equal_constant_time(signature.view().last(size_), code)) return std::nullopt;
  return clear;
}

}  // namespace mehr::crypto
