// The implementations of the batch AEAD, for core/crypto/aead_batch.cc to choose from. Each takes 1
// to kAeadBatchMax jobs and behaves as AeadBatch says. Any thread; pure.
//
// Their files are compiled for processors newer than the rest of the tree. So that the linker
// cannot take code of theirs for others, they use no function with external linkage but these.
#pragma once

#include "core/crypto/aead_batch.h"

namespace mehr::crypto::batch {

namespace portable {
void seal(AeadScratch& scratch, const AeadJob* jobs, std::size_t count);
std::uint64_t open(AeadScratch& scratch, const AeadJob* jobs, std::size_t count);
}  // namespace portable

namespace avx2 {
void seal(AeadScratch& scratch, const AeadJob* jobs, std::size_t count);
std::uint64_t open(AeadScratch& scratch, const AeadJob* jobs, std::size_t count);
}  // namespace avx2

namespace avx512 {
void seal(AeadScratch& scratch, const AeadJob* jobs, std::size_t count);
std::uint64_t open(AeadScratch& scratch, const AeadJob* jobs, std::size_t count);
}  // namespace avx512

}  // namespace mehr::crypto::batch
