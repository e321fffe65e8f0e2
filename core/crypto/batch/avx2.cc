// The batch AEAD for AVX2; for now libsodium's, which has AVX2 itself.
#include "core/crypto/batch/kernel.h"

namespace mehr::crypto::batch {

void seal_avx2(AeadScratch& scratch, const AeadJob* jobs, std::size_t count) {
  seal_portable(scratch, jobs, count);
}

std::uint64_t open_avx2(AeadScratch& scratch, const AeadJob* jobs, std::size_t count) {
  return open_portable(scratch, jobs, count);
}

}  // namespace mehr::crypto::batch
