// NH over integers, and the choice between it and the carry-less one.
#include "dataplane/tables/digest.h"

#include "core/base/assert.h"
#include "dataplane/tables/digest_key.h"

namespace mehr::dataplane {
namespace {

std::uint64_t word(const std::uint8_t* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

Wide product(std::uint64_t a, std::uint64_t b) {
  return static_cast<Wide>(a) * b;
}

}  // namespace

std::uint64_t PacketDigest::by_integers(const Key& key, ByteView packet) {
  constexpr std::size_t kPair = Key::kPair;
  const InvariantPart part(packet);
  const std::uint8_t* at = part.at;
  const std::size_t pairs = part.size / kPair;
  Wide sum = product(part.head + key.head[0], key.head[1]);
  Wide other = 0;
  std::size_t i = 0;
  for (; i + 2 <= pairs; i += 2, at += 2 * kPair) {
    sum += product(word(at) + key.body[i][0], word(at + 8) + key.body[i][1]);
    other += product(word(at + 16) + key.body[i + 1][0], word(at + 24) + key.body[i + 1][1]);
  }
  if (i < pairs) sum += product(word(at) + key.body[i][0], word(at + 8) + key.body[i][1]);
  if (part.size % kPair != 0) {
    const std::uint8_t* last = packet.data() + packet.size() - kPair;
    other += product(word(last) + key.body[pairs][0], word(last + 8) + key.body[pairs][1]);
  }
  sum += other;
  return key.finish(static_cast<std::uint64_t>(sum >> 64), static_cast<std::uint64_t>(sum));
}

bool PacketDigest::runs_here(DigestKernel kernel) {
  if (kernel == DigestKernel::kIntegers) return true;
#ifdef __x86_64__
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("vpclmulqdq");
#else
  return false;
#endif
}

PacketDigest::PacketDigest(Random& random)
    : PacketDigest(random, runs_here(DigestKernel::kCarryless) ? DigestKernel::kCarryless
                                                               : DigestKernel::kIntegers) {}

PacketDigest::PacketDigest(Random& random, DigestKernel kernel) : key_(std::make_unique<Key>()) {
  MEHR_ASSERT(runs_here(kernel));
  of_ = by_integers;
#ifdef __x86_64__
  if (kernel == DigestKernel::kCarryless) of_ = carryless;
#endif
  random.fill({reinterpret_cast<std::uint8_t*>(key_.get()), sizeof(Key)});
  for (std::uint64_t& factor : key_->mix)
    factor |= 1;
}

PacketDigest::~PacketDigest() {
  wipe({reinterpret_cast<std::uint8_t*>(key_.get()), sizeof(Key)});
}

void PacketDigest::of(std::span<const ByteView> packets, std::span<std::uint64_t> out) const {
  MEHR_ASSERT(out.size() >= packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i)
    out[i] = of(packets[i]);
}

}  // namespace mehr::dataplane
