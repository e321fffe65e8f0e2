// The digest covers what the packet hash covers and nothing else, and depends on its key.
#include "dataplane/tables/digest.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "core/crypto/hash.h"

namespace mehr::dataplane {
namespace {

Bytes packet(std::size_t size, std::uint64_t seed, bool two) {
  SeededRandom random(seed);
  Bytes raw(size);
  random.fill(raw);
  raw[0] = static_cast<std::uint8_t>((raw[0] & 0x3F) | (two ? 0x40 : 0));
  return raw;
}

/// Both sums, where the processor runs both.
class Digest : public testing::TestWithParam<DigestKernel> {
 protected:
  void SetUp() override {
    if (!PacketDigest::runs_here(GetParam())) GTEST_SKIP() << "no VPCLMULQDQ on this processor";
  }
};

// Every bit of the packet in turn: the digest changes exactly when the packet hash does.
TEST_P(Digest, CoversWhatThePacketHashCovers) {
  SeededRandom random(1);
  const PacketDigest digest(random, GetParam());
  for (const bool two : {false, true}) {
    for (std::size_t size = two ? 35 : 19; size < 120; size += 3) {
      Bytes raw = packet(size, size, two);
      const auto before = digest.of(raw);
      const auto hash = crypto::packet_hash(raw);
      for (std::size_t bit = 0; bit < 8 * size; ++bit) {
        if (bit == 6) continue;  // header type: another layout
        raw[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        ASSERT_EQ(digest.of(raw) == before, crypto::packet_hash(raw) == hash) << size << " " << bit;
        raw[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      }
    }
  }
}

TEST_P(Digest, IsTheSameForBothHeaderTypes) {
  SeededRandom random(2);
  const PacketDigest digest(random, GetParam());
  for (std::size_t size = 19; size < 600; ++size) {
    const Bytes one = packet(size, size, false);
    Bytes two = one;
    two.insert(two.begin() + 2, 16, 0x77);
    two[0] |= 0x40;
    two[1] = 9;
    ASSERT_EQ(digest.of(one), digest.of(two));
    ASSERT_EQ(crypto::packet_hash(one), crypto::packet_hash(two));
  }
}

// Zeroes that only differ in number, and words that only differ in place.
TEST_P(Digest, TellsLengthsAndPlacesApart) {
  SeededRandom random(3);
  const PacketDigest digest(random, GetParam());
  std::set<std::uint64_t> digests;
  std::size_t count = 0;
  for (std::size_t size = 19; size < 2'000; ++size, ++count)
    digests.insert(digest.of(Bytes(size)));
  for (std::size_t place = 2; place < 1'000; ++place, ++count) {
    Bytes raw(1'000);
    raw[place] = 1;
    digests.insert(digest.of(raw));
  }
  Bytes longest(PacketDigest::kLongest);
  digests.insert(digest.of(longest));
  longest.back() = 1;
  digests.insert(digest.of(longest));
  EXPECT_EQ(digests.size(), count + 2);
}

TEST_P(Digest, IsAnotherUnderAnotherKey) {
  SeededRandom random(4);
  const PacketDigest one(random, GetParam()), two(random, GetParam());
  const Bytes raw = packet(100, 1, false);
  EXPECT_NE(one.of(raw), two.of(raw));
}

// Packets that differ little must not share table lines more often than chance has it.
TEST_P(Digest, SpreadsSimilarPackets) {
  SeededRandom random(5);
  const PacketDigest digest(random, GetParam());
  constexpr std::size_t kLines = 1'024, kPackets = 64 * kLines;
  for (const unsigned shift : {0u, 27u, 54u}) {
    std::vector<double> lines(kLines);
    Bytes raw(64);
    for (std::size_t i = 0; i < kPackets; ++i) {
      std::memcpy(raw.data() + 20, &i, sizeof i);
      ++lines[digest.of(raw) >> shift & (kLines - 1)];
    }
    double chi = 0;
    for (const double each : lines)
      chi += (each - 64) * (each - 64) / 64;
    EXPECT_GT(chi, 0.5 * kLines);
    EXPECT_LT(chi, 1.5 * kLines) << shift;
  }
}

TEST_P(Digest, ManyAtOnceAreTheSame) {
  SeededRandom random(6);
  const PacketDigest digest(random, GetParam());
  std::vector<Bytes> raw;
  for (std::size_t i = 0; i < 40; ++i)
    raw.push_back(packet(40 + 11 * i, i, i % 2 == 1));
  const std::vector<ByteView> views(raw.begin(), raw.end());
  std::vector<std::uint64_t> out(views.size());
  digest.of(views, out);
  for (std::size_t i = 0; i < out.size(); ++i)
    EXPECT_EQ(out[i], digest.of(views[i]));
}

INSTANTIATE_TEST_SUITE_P(Sums, Digest,
                         testing::Values(DigestKernel::kIntegers, DigestKernel::kCarryless),
                         [](const auto& each) {
                           return each.param == DigestKernel::kIntegers ? "integers" : "carryless";
                         });

}  // namespace
}  // namespace mehr::dataplane
