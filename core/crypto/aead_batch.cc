// Choice and check of the batch AEAD's implementations, and the calls that reach them.
#include "core/crypto/aead_batch.h"

#include <sodium.h>

#include "core/base/assert.h"
#include "core/crypto/batch/kernel.h"
#include "core/crypto/batch/self_check.h"

namespace mehr::crypto {
namespace {

bool runs_here(AeadKernel kernel) {
#ifdef MEHR_BATCH_VECTORS
  __builtin_cpu_init();
  switch (kernel) {
    case AeadKernel::kPortable:
      return true;
    case AeadKernel::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    case AeadKernel::kAvx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma") &&
             __builtin_cpu_supports("bmi2");
  }
  return false;
#else
  return kernel == AeadKernel::kPortable;
#endif
}

/// Jobs that the vector implementations do not take: too much associated data.
bool is_odd(const AeadJob& job) {
  return job.associated_size > 32;
}

}  // namespace

AeadKey::~AeadKey() {
  sodium_memzero(bytes.data(), bytes.size());
}

AeadBatch AeadBatch::best() {
  for (const AeadKernel kernel : {AeadKernel::kAvx512, AeadKernel::kAvx2}) {
    if (const auto batch = of(kernel)) return *batch;
  }
  const auto portable = of(AeadKernel::kPortable);
  MEHR_ASSERT(portable);
  return *portable;
}

std::optional<AeadBatch> AeadBatch::of(AeadKernel kernel) {
  if (!runs_here(kernel)) return std::nullopt;
  std::optional<AeadBatch> batch;
  switch (kernel) {
    case AeadKernel::kPortable:
      batch = AeadBatch(kernel, batch::portable::seal, batch::portable::open);
      break;
#ifdef MEHR_BATCH_VECTORS
    case AeadKernel::kAvx2:
      batch = AeadBatch(kernel, batch::avx2::seal, batch::avx2::open);
      break;
    case AeadKernel::kAvx512:
      batch = AeadBatch(kernel, batch::avx512::seal, batch::avx512::open);
      break;
#else
    default:
      return std::nullopt;
#endif
  }
  if (!batch::passes_self_check(*batch)) return std::nullopt;
  return batch;
}

void AeadBatch::seal(AeadScratch& scratch, std::span<const AeadJob> jobs) const {
  MEHR_ASSERT(jobs.size() <= kAeadBatchMax);
  for (std::size_t i = 0; i < jobs.size(); ++i)
    MEHR_ASSERT(jobs[i].size <= kAeadTextMax);
  if (jobs.empty()) return;
  for (const AeadJob& job : jobs) {
    if (!is_odd(job)) continue;
    for (const AeadJob& one : jobs) {
      (is_odd(one) ? batch::portable::seal : seal_)(scratch, &one, 1);
    }
    return;
  }
  seal_(scratch, jobs.data(), jobs.size());
}

std::uint64_t AeadBatch::open(AeadScratch& scratch, std::span<const AeadJob> jobs) const {
  MEHR_ASSERT(jobs.size() <= kAeadBatchMax);
  for (std::size_t i = 0; i < jobs.size(); ++i)
    MEHR_ASSERT(jobs[i].size <= kAeadTextMax);
  if (jobs.empty()) return 0;
  for (const AeadJob& job : jobs) {
    if (!is_odd(job)) continue;
    std::uint64_t genuine = 0;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      genuine |= (is_odd(jobs[i]) ? batch::portable::open : open_)(scratch, &jobs[i], 1) << i;
    }
    return genuine;
  }
  return open_(scratch, jobs.data(), jobs.size());
}

}  // namespace mehr::crypto
