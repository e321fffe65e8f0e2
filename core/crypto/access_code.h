// Interface access codes (IFAC): a signature tail and a mask over every packet of an interface
// whose operator set a network name or passphrase. Any thread; pure; one Ed25519 signature each way
// (about 25 us). Source: reticulum-wire §21.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/crypto/identity.h"

namespace mehr::crypto {

class AccessCode {
 public:
  /// @param network_name, passphrase UTF-8; empty means not set; at least one must be set
  /// @param size code bytes, 1..64
  AccessCode(std::string_view network_name, std::string_view passphrase, std::size_t size);
  AccessCode(const AccessCode&) = default;
  AccessCode& operator=(const AccessCode&) = default;
  ~AccessCode();

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Adds code and mask. @param packet bytes with flag bit 7 clear, at least 2
  [[nodiscard]] Bytes protect(ByteView packet) const;
  /// Checks and removes them; nullopt when anything is wrong.
  [[nodiscard]] std::optional<Bytes> admit(ByteView frame) const;
  /// The derived 64-byte key (vectors).
  [[nodiscard]] ByteView key() const { return key_.view(); }

 private:
  FixedBytes<64> key_;
  SigningKey signing_;
  std::size_t size_;
};

}  // namespace mehr::crypto
