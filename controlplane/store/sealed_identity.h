// The identity as it lies on disk: plain, or sealed by a passphrase (Argon2id for the key,
// XChaCha20-Poly1305 for the bytes). Owns the format, not the table. About 0.2 s with a passphrase;
// opening thread only.
#pragma once

#include <string>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/crypto/identity.h"

namespace mehr::store {

/// One row of the identity table.
struct SealedIdentity {
  bool encrypted = false;
  std::int64_t operations = 0, memory_bytes = 0;  ///< Argon2id cost
  Bytes salt;                                     ///< 16 bytes when encrypted
  Bytes nonce;                                    ///< 24 bytes when encrypted
  Bytes body;                                     ///< 64 bytes, 80 when encrypted; secret when not
  Bytes hash;  ///< identity hash, 16 bytes: tells damage from a wrong passphrase
};

/// @param passphrase empty = stored plain
Result<SealedIdentity> seal_identity(const crypto::PrivateIdentity& identity,
                                     const std::string& passphrase, Random& random);
/// Errors: FailedPrecondition = passphrase missing or superfluous; PermissionDenied = wrong;
/// DataLoss = the row cannot be what seal_identity() made. Texts say what to do.
Result<crypto::PrivateIdentity> unseal_identity(const SealedIdentity& sealed,
                                                const std::string& passphrase);

}  // namespace mehr::store
