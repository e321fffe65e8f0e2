// Sealing and unsealing of sealed_identity.h with libsodium.
#include "controlplane/store/sealed_identity.h"

#include <sodium.h>

namespace mehr::store {
namespace {

// "Interactive": 64 MiB and two passes, which a gateway with 512 MiB of memory can spend at start.
constexpr auto kOperations = static_cast<std::int64_t>(crypto_pwhash_OPSLIMIT_INTERACTIVE);
constexpr auto kMemoryBytes = static_cast<std::int64_t>(crypto_pwhash_MEMLIMIT_INTERACTIVE);
// A damaged row must not make us allocate or compute without end.
constexpr std::int64_t kMaxOperations = 10;
constexpr std::int64_t kMaxMemoryBytes = 1 << 30;
constexpr std::size_t kPrivateBytes = 64;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;

using Key = FixedBytes<kKeyBytes>;

Status derive(const SealedIdentity& sealed, const std::string& passphrase, Key& key) {
  if (sodium_init() < 0) return absl::InternalError("libsodium does not start");
  if (crypto_pwhash(key.bytes.data(), key.bytes.size(), passphrase.data(), passphrase.size(),
                    sealed.salt.data(), static_cast<unsigned long long>(sealed.operations),
                    static_cast<std::size_t>(sealed.memory_bytes),
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return absl::ResourceExhaustedError("not enough memory to derive the identity's key (" +
                                        std::to_string(sealed.memory_bytes >> 20) + " MiB)");
  }
  return absl::OkStatus();
}

// Everything beside the body is bound to it, so that no field can be exchanged.
Bytes bound_data(const SealedIdentity& sealed) {
  ByteWriter writer;
  writer.bytes(as_bytes("mehr identity 1")).bytes(sealed.hash);
  writer.u64_le(static_cast<std::uint64_t>(sealed.operations));
  writer.u64_le(static_cast<std::uint64_t>(sealed.memory_bytes));
  return writer.bytes(sealed.salt).take();
}

bool shape_is_right(const SealedIdentity& sealed) {
  if (sealed.hash.size() != IdentityHash::kSize) return false;
  if (!sealed.encrypted) return sealed.body.size() == kPrivateBytes;
  return sealed.body.size() == kPrivateBytes + kTag && sealed.nonce.size() == kNonceBytes &&
         sealed.salt.size() == crypto_pwhash_SALTBYTES &&
         sealed.operations >= static_cast<std::int64_t>(crypto_pwhash_OPSLIMIT_MIN) &&
         sealed.operations <= kMaxOperations &&
         sealed.memory_bytes >= static_cast<std::int64_t>(crypto_pwhash_MEMLIMIT_MIN) &&
         sealed.memory_bytes <= kMaxMemoryBytes;
}

}  // namespace

Result<SealedIdentity> seal_identity(const crypto::PrivateIdentity& identity,
                                     const std::string& passphrase, Random& random) {
  SealedIdentity sealed;
  sealed.hash = to_bytes(identity.hash().view());
  FixedBytes<kPrivateBytes> raw = identity.export_private();
  if (passphrase.empty()) {
    sealed.body = to_bytes(raw.view());
    wipe(raw.mutable_view());
    return sealed;
  }
  sealed.encrypted = true;
  sealed.operations = kOperations;
  sealed.memory_bytes = kMemoryBytes;
  sealed.salt.resize(crypto_pwhash_SALTBYTES);
  sealed.nonce.resize(kNonceBytes);
  random.fill(sealed.salt);
  random.fill(sealed.nonce);
  Key key;
  const Status derived = derive(sealed, passphrase, key);
  if (derived.ok()) {
    const Bytes bound = bound_data(sealed);
    sealed.body.resize(kPrivateBytes + kTag);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.body.data(), nullptr, raw.bytes.data(),
                                               kPrivateBytes, bound.data(), bound.size(), nullptr,
                                               sealed.nonce.data(), key.bytes.data());
  }
  wipe(key.mutable_view());
  wipe(raw.mutable_view());
  if (!derived.ok()) return derived;
  return sealed;
}

Result<crypto::PrivateIdentity> unseal_identity(const SealedIdentity& sealed,
                                                const std::string& passphrase) {
  if (!shape_is_right(sealed)) return absl::DataLossError("the stored identity is damaged");
  if (sealed.encrypted && passphrase.empty()) {
    return absl::FailedPreconditionError(
        "the identity is encrypted; set passphrase_file to the file with its passphrase, or give "
        "the service the credential `passphrase`");
  }
  if (!sealed.encrypted && !passphrase.empty()) {
    return absl::FailedPreconditionError(
        "the identity is not encrypted, but a passphrase is configured; remove passphrase_file, or "
        "encrypt the identity by exporting it and importing it again with the passphrase");
  }
  FixedBytes<kPrivateBytes> raw;
  if (sealed.encrypted) {
    Key key;
    if (const Status derived = derive(sealed, passphrase, key); !derived.ok()) return derived;
    const Bytes bound = bound_data(sealed);
    const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
        raw.bytes.data(), nullptr, nullptr, sealed.body.data(), sealed.body.size(), bound.data(),
        bound.size(), sealed.nonce.data(), key.bytes.data());
    wipe(key.mutable_view());
    if (opened != 0) {
      return absl::PermissionDeniedError("the passphrase does not open the identity");
    }
  } else {
    raw = *FixedBytes<kPrivateBytes>::from(sealed.body);
  }
  auto identity = crypto::PrivateIdentity::from_bytes(raw.view());
  wipe(raw.mutable_view());
  if (!identity || !equal_constant_time(identity->hash().view(), sealed.hash)) {
    return absl::DataLossError("the stored identity is damaged");
  }
  return *identity;
}

}  // namespace mehr::store
