// The batch AEAD on libsodium, packet after packet: for processors without vectors we know, and
// what the others are checked against. Any thread; pure.
#include <sodium.h>

#include "core/crypto/batch/kernel.h"

namespace mehr::crypto::batch::portable {

namespace {

/// libsodium takes no null pointers, not even to nothing.
std::uint8_t* never_null(const AeadJob& job, std::uint8_t* text) {
  return job.size == 0 ? job.tag : text;
}
const std::uint8_t* never_null(const AeadJob& job, const std::uint8_t* text) {
  return job.size == 0 ? job.tag : text;
}

}  // namespace

void seal(AeadScratch& /*scratch*/, const AeadJob* jobs, std::size_t count) {
  for (const AeadJob* job = jobs; job != jobs + count; ++job) {
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(
        never_null(*job, job->out), job->tag, nullptr, never_null(*job, job->in), job->size,
        job->associated, job->associated_size, nullptr, job->nonce.data(), job->key->bytes.data());
  }
}

std::uint64_t open(AeadScratch& /*scratch*/, const AeadJob* jobs, std::size_t count) {
  std::uint64_t genuine = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const AeadJob& job = jobs[i];
    const std::uint8_t* in = never_null(job, job.in);
    // Without an output it only checks: it would else fill the output of a forged packet with
    // zeroes.
    if (crypto_aead_chacha20poly1305_ietf_decrypt_detached(
            nullptr, nullptr, in, job.size, job.tag, job.associated, job.associated_size,
            job.nonce.data(), job.key->bytes.data()) != 0) {
      continue;
    }
    crypto_stream_chacha20_ietf_xor_ic(never_null(job, job.out), in, job.size, job.nonce.data(), 1,
                                       job.key->bytes.data());
    genuine |= std::uint64_t{1} << i;
  }
  return genuine;
}

}  // namespace mehr::crypto::batch::portable
