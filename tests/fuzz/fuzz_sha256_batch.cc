// The batch SHA-256 against libcrypto, every implementation that runs here. Input: a byte of size
// and a byte of seam for each message until a zero size, then the bytes they are cut from.
#include <algorithm>
#include <array>

#include "core/base/assert.h"
#include "core/crypto/hash.h"
#include "core/crypto/sha256_batch.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using crypto::Sha256Kernel;
  static const std::array kernels{crypto::Sha256Batch::of(Sha256Kernel::kPortable),
                                  crypto::Sha256Batch::of(Sha256Kernel::kAvx2),
                                  crypto::Sha256Batch::of(Sha256Kernel::kShaNi),
                                  crypto::Sha256Batch::of(Sha256Kernel::kAvx512)};
  std::size_t head = 0;
  while (head + 1 < size && head / 2 < crypto::kSha256BatchMax && data[head] != 0)
    head += 2;
  const ByteView text{data + std::min(size, head + 1), size - std::min(size, head + 1)};
  std::array<crypto::Sha256Message, crypto::kSha256BatchMax> messages;
  std::array<Hash32, crypto::kSha256BatchMax> expected;
  const std::size_t count = head / 2;
  for (std::size_t i = 0; i < count; ++i) {
    // Cut from the end of the input, so that a read beyond a message is one beyond the input.
    const std::size_t length = std::min<std::size_t>(text.size(), std::size_t{4} * data[2 * i] - 1);
    const std::size_t seam = std::min<std::size_t>(length, data[2 * i + 1]);
    const std::uint8_t* from = text.data() + (text.size() - length);
    messages[i] = {from, from + seam, static_cast<std::uint32_t>(seam),
                   static_cast<std::uint32_t>(length - seam)};
    expected[i] = crypto::sha256({from, length});
  }
  for (const auto& kernel : kernels) {
    if (!kernel) continue;
    std::array<Hash32, crypto::kSha256BatchMax> out;
    kernel->hash({messages.data(), count}, out);
    MEHR_ASSERT(std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count),
                           expected.begin()));
    if (!text.empty()) {
      const auto one = crypto::packet_hash_message(text);
      kernel->hash({&one, 1}, out);
      MEHR_ASSERT(out[0] == crypto::packet_hash(text));
    }
  }
  return 0;
}
