// The check of an implementation against libsodium: shapes that reach every path of the vector
// code.
#include "core/crypto/batch/self_check.h"

#include <sodium.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace mehr::crypto::batch {
namespace {

constexpr std::size_t kLongest = 1600;

/// Numbers that look random and are the same at every start.
class Sequence {
 public:
  std::uint32_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33);
  }
  std::uint32_t below(std::uint32_t bound) { return next() % bound; }
  void fill(MutableByteView bytes) {
    for (std::uint8_t& byte : bytes)
      byte = static_cast<std::uint8_t>(next());
  }

 private:
  std::uint64_t state_ = 1;
};

struct Sample {
  AeadKey key;
  std::array<std::uint8_t, 32> associated;
  std::array<std::uint8_t, kLongest> text, expected;
  std::array<std::uint8_t, kAeadTag> tag, expected_tag;
};

void prepare(Sequence& sequence, Sample& sample, AeadJob& job, std::uint32_t size) {
  sequence.fill(sample.key.bytes);
  sequence.fill(sample.associated);
  sequence.fill({sample.text.data(), size});
  job = {&sample.key,        sample.associated.data(),
         sample.text.data(), sample.text.data(),
         sample.tag.data(),  size,
         sequence.below(33), {}};
  sequence.fill(job.nonce);
  crypto_aead_chacha20poly1305_ietf_encrypt_detached(
      sample.expected.data(), sample.expected_tag.data(), nullptr, job.in, size, job.associated,
      job.associated_size, nullptr, job.nonce.data(), sample.key.bytes.data());
}

bool holds(const Sample& sample, std::uint32_t size) {
  return std::equal(sample.text.data(), sample.text.data() + size, sample.expected.data());
}

/// Seals `sizes`, compares, forges every third, opens, compares.
bool agrees(const AeadBatch& batch, AeadScratch& scratch, Sequence& sequence,
            std::span<Sample> samples, std::span<const std::uint32_t> sizes) {
  std::array<AeadJob, kAeadBatchMax> jobs;
  const std::span<const AeadJob> used{jobs.data(), sizes.size()};
  std::vector<Bytes> plain;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    prepare(sequence, samples[i], jobs[i], sizes[i]);
    plain.emplace_back(samples[i].text.data(), samples[i].text.data() + sizes[i]);
  }
  batch.seal(scratch, used);
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    Sample& sample = samples[i];
    if (sample.tag != sample.expected_tag || !holds(sample, sizes[i])) return false;
    if (sequence.below(3) == 0) {
      sample.tag[sequence.below(16)] ^= static_cast<std::uint8_t>(1U << sequence.below(8));
    } else {
      expected |= std::uint64_t{1} << i;
      std::copy(plain[i].begin(), plain[i].end(), sample.expected.begin());
    }
  }
  if (batch.open(scratch, used) != expected) return false;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (!holds(samples[i], sizes[i])) return false;
  }
  return true;
}

}  // namespace

bool passes_self_check(const AeadBatch& batch) {
  const auto scratch = std::make_unique<AeadScratch>();
  std::vector<Sample> samples(kAeadBatchMax);
  Sequence sequence;
  std::array<std::uint32_t, kAeadBatchMax> sizes;
  for (std::uint32_t round = 0; round < 100; ++round) {
    const std::uint32_t count = 1 + sequence.below(kAeadBatchMax);
    const std::uint32_t longest = round % 3 == 0 ? 80 : round % 3 == 1 ? 600 : kLongest;
    const std::uint32_t same = sequence.below(longest + 1);
    for (std::uint32_t& size : sizes)
      size = round % 4 == 0 ? same : sequence.below(longest + 1);
    if (!agrees(batch, *scratch, sequence, samples, {sizes.data(), count})) return false;
  }
  return true;
}

}  // namespace mehr::crypto::batch
