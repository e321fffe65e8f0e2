// NH, the shift and the mixing.
#include "dataplane/tables/digest.h"

#include "core/base/assert.h"

namespace mehr::dataplane {
namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t word(const std::uint8_t* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

Wide product(std::uint64_t a, std::uint64_t b) {
  return static_cast<Wide>(a) * b;
}

constexpr std::size_t kPair = 16;  ///< bytes
constexpr std::size_t kPairs = PacketDigest::kLongest / kPair + 1;

}  // namespace

struct PacketDigest::Key {
  std::uint64_t head[2];
  Wide high, low, shift;
  std::uint64_t mix[2];  ///< odd
  alignas(64) std::uint64_t body[kPairs][2];
};

PacketDigest::PacketDigest(Random& random) : key_(std::make_unique<Key>()) {
  random.fill({reinterpret_cast<std::uint8_t*>(key_.get()), sizeof(Key)});
  for (std::uint64_t& factor : key_->mix)
    factor |= 1;
}

PacketDigest::~PacketDigest() {
  wipe({reinterpret_cast<std::uint8_t*>(key_.get()), sizeof(Key)});
}

std::uint64_t PacketDigest::of(ByteView packet) const {
  const std::size_t skip = !packet.empty() && (packet[0] & 0x40) != 0 ? 18 : 2;
  // A destination follows, so that there always is a whole pair.
  MEHR_ASSERT(packet.size() >= skip + kPair && packet.size() <= kLongest);
  const Key& key = *key_;
  const std::uint8_t* at = packet.data() + skip;
  const std::size_t size = packet.size() - skip;
  const std::uint64_t head = std::uint64_t{size} << 4 | (packet[0] & 0x0Fu);
  const std::size_t pairs = size / kPair;
  Wide sum = product(head + key.head[0], key.head[1]);
  Wide other = 0;
  std::size_t i = 0;
  for (; i + 2 <= pairs; i += 2, at += 2 * kPair) {
    sum += product(word(at) + key.body[i][0], word(at + 8) + key.body[i][1]);
    other += product(word(at + 16) + key.body[i + 1][0], word(at + 24) + key.body[i + 1][1]);
  }
  if (i < pairs) sum += product(word(at) + key.body[i][0], word(at + 8) + key.body[i][1]);
  if (size % kPair != 0) {
    const std::uint8_t* last = packet.data() + packet.size() - kPair;
    other += product(word(last) + key.body[pairs][0], word(last + 8) + key.body[pairs][1]);
  }
  sum += other;
  const auto high = static_cast<std::uint64_t>(sum >> 64);
  const auto low = static_cast<std::uint64_t>(sum);
  auto digest = static_cast<std::uint64_t>((key.high * high + key.low * low + key.shift) >> 64);
  digest = (digest ^ digest >> 32) * key.mix[0];
  digest = (digest ^ digest >> 29) * key.mix[1];
  return digest ^ digest >> 32;
}

void PacketDigest::of(std::span<const ByteView> packets, std::span<std::uint64_t> out) const {
  MEHR_ASSERT(out.size() >= packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i)
    out[i] = of(packets[i]);
}

}  // namespace mehr::dataplane
