// What `mehr identity import` and `export` do to the store while no daemon runs: declared in
// store.h.
#include <sodium.h>

#include "controlplane/store/identity_database.h"
#include "controlplane/store/sealed_identity.h"
#include "controlplane/store/state_directory.h"
#include "controlplane/store/store.h"

namespace mehr::store {
namespace {

class SodiumRandom final : public Random {
 public:
  void fill(MutableByteView out) override { randombytes_buf(out.data(), out.size()); }
};

}  // namespace

Status import_identity(const StoreOptions& options, ByteView raw, bool replace) {
  const auto imported = crypto::PrivateIdentity::from_bytes(raw);
  if (!imported) {
    return absl::InvalidArgumentError("an identity has exactly 64 bytes, found " +
                                      std::to_string(raw.size()));
  }
  if (sodium_init() < 0) return absl::InternalError("libsodium does not start");
  auto directory = StateDirectory::open(options.directory, StateDirectory::WhenMissing::kCreate);
  if (!directory.ok()) return directory.status();
  auto database = IdentityDatabase::open(**directory);
  if (!database.ok()) return database.status();
  const auto present = (*database)->identity();
  if (!present.ok()) return present.status();
  if (*present && !replace) {
    return absl::AlreadyExistsError("there is an identity in " + options.directory +
                                    " already; export it first, then import with --replace");
  }
  SodiumRandom random;
  const auto sealed = seal_identity(*imported, options.passphrase, random);
  if (!sealed.ok()) return sealed.status();
  if (Status put = (*database)->put_identity(*sealed); !put.ok()) return put;
  return (*database)->checkpoint();
}

Result<crypto::PrivateIdentity> read_identity(const StoreOptions& options) {
  auto directory = StateDirectory::open(options.directory, StateDirectory::WhenMissing::kRefuse);
  if (!directory.ok()) return directory.status();
  const Status missing = absl::NotFoundError("there is no identity in " + options.directory +
                                             " yet; start mehrd once or import one");
  if (!(*directory)->has_file(IdentityDatabase::kFile)) return missing;
  auto database = IdentityDatabase::open(**directory);
  if (!database.ok()) return database.status();
  const auto sealed = (*database)->identity();
  if (!sealed.ok()) return sealed.status();
  if (!*sealed) return missing;
  return unseal_identity(**sealed, options.passphrase);
}

}  // namespace mehr::store
