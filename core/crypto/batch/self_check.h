// Whether an implementation of the batch AEAD agrees with libsodium here and now. Called when one
// is chosen; any thread; pure.
#pragma once

#include "core/crypto/aead_batch.h"

namespace mehr::crypto::batch {

/// Seals and opens batches of many shapes, forged ones among them, beside libsodium; some
/// milliseconds.
bool passes_self_check(const AeadBatch& batch);

}  // namespace mehr::crypto::batch
