// Every implementation of the batch SHA-256 that this machine runs: published vectors, libcrypto,
// and memory that ends where the messages end.
#include "core/crypto/sha256_batch.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "core/base/random.h"
#include "core/crypto/hash.h"
#include "core/wire/packet.h"

namespace mehr::crypto {
namespace {

class EverySha256 : public testing::TestWithParam<Sha256Kernel> {
 protected:
  void SetUp() override {
    batch_ = Sha256Batch::of(GetParam());
    if (!batch_) GTEST_SKIP() << "this processor cannot run it";
  }
  [[nodiscard]] std::vector<Hash32> hash(const std::vector<Sha256Message>& messages) const {
    std::vector<Hash32> out(messages.size());
    batch_->hash(messages, out);
    return out;
  }
  std::optional<Sha256Batch> batch_;
};

Sha256Message split(ByteView text, std::size_t seam) {
  seam = std::min(seam, text.size());
  return {text.data(), text.data() + seam, static_cast<std::uint32_t>(seam),
          static_cast<std::uint32_t>(text.size() - seam)};
}

// FIPS 180-4 examples and the further answers NIST gives for SHA-256, in every lane.
TEST_P(EverySha256, AnswersAsNistPublished) {
  struct Vector {
    Bytes text;
    const char* digest;
  };
  const std::vector<Vector> vectors = {
      {{}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {to_bytes(as_bytes("abc")),
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {to_bytes(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {to_bytes(as_bytes("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnop"
                         "jklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu")),
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
      {Bytes{0xd3}, "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
      {Bytes{0xbd}, "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
      {Bytes{0xc9, 0x8c, 0x8e, 0x55},
       "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"},
      {Bytes(55), "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
      {Bytes(56), "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
      {Bytes(57), "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785"},
      {Bytes(64), "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
      {Bytes(1'000), "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"},
      {Bytes(1'000, 0x41), "c2e686823489ced2017f6059b8b239318b6364f6dcd835d0a519105a1eadd6e4"},
      {Bytes(1'005, 0x55), "f4d62ddec0f3dd90ea1380fa16a5ff8dc4c54b21740650f24afc4120903552b0"},
      {Bytes(1'000'000, 0x61), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (std::size_t turn = 0; turn < 17; ++turn) {
    std::vector<Sha256Message> messages;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < 17 + 2 * turn; ++i) {
      const Vector& vector = vectors[(i + turn) % vectors.size()];
      // The long one once a batch is enough.
      if (vector.text.size() > 10'000 && i + turn >= vectors.size()) continue;
      messages.push_back(split(vector.text, i % 3 == 0 ? 0 : i * 7));
      expected.emplace_back(vector.digest);
    }
    const auto digests = hash(messages);
    for (std::size_t i = 0; i < digests.size(); ++i)
      ASSERT_EQ(to_hex(digests[i]), expected[i]) << turn << " " << i;
  }
}

TEST_P(EverySha256, EverySizeAndSeamAsLibcrypto) {
  Bytes text(700);
  SeededRandom random(3);
  random.fill(text);
  std::vector<Sha256Message> messages;
  std::vector<Hash32> expected;
  const auto flush = [&] {
    ASSERT_EQ(hash(messages), expected);
    messages.clear();
    expected.clear();
  };
  for (std::size_t size = 0; size < 330; ++size) {
    for (const std::size_t seam : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64},
                                   std::size_t{65}, size / 2, size}) {
      const ByteView message = ByteView(text).subspan(size % 61, size);
      messages.push_back(split(message, seam));
      expected.push_back(sha256(message));
      if (messages.size() >= 1 + size % kSha256BatchMax) flush();
    }
  }
  flush();
}

TEST_P(EverySha256, MixedBatchesOfEverySizeAsLibcrypto) {
  SeededRandom random(4);
  Bytes text(70'000);
  random.fill(text);
  for (int round = 0; round < 3'000; ++round) {
    std::vector<Sha256Message> messages;
    std::vector<Hash32> expected;
    const std::size_t count = random.below(kSha256BatchMax + 1);
    const std::uint64_t most = round % 50 == 0 ? 4'000 : std::uint64_t{1} << (4 + random.below(6));
    for (std::size_t i = 0; i < count; ++i) {
      const ByteView message = ByteView(text).subspan(random.below(60'000), random.below(most + 1));
      messages.push_back(split(message, random.below(4) == 0 ? random.below(100) : 1));
      expected.push_back(sha256(message));
    }
    ASSERT_EQ(hash(messages), expected) << round;
  }
}

TEST_P(EverySha256, ReadsNothingBesideTheMessage) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* memory = ::mmap(nullptr, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* middle = static_cast<std::uint8_t*>(memory) + page;
  ASSERT_EQ(::mprotect(middle, page, PROT_READ | PROT_WRITE), 0);
  for (std::size_t i = 0; i < page; ++i)
    middle[i] = static_cast<std::uint8_t>(i * 131);
  for (std::size_t size = 0; size < 270; ++size) {
    std::vector<Sha256Message> messages;
    std::vector<Hash32> expected;
    const ByteView at_end{middle + page - size, size};
    const ByteView at_start{middle, size};
    for (std::size_t i = 0; i < 20; ++i) {
      const ByteView& message = i % 2 == 0 ? at_end : at_start;
      messages.push_back(split(message, i * 13 % 80));
      expected.push_back(sha256(message));
      // First piece at the end of the page, second at its start.
      messages.push_back({middle + page - i, middle, static_cast<std::uint32_t>(i),
                          static_cast<std::uint32_t>(size)});
      Bytes joined(middle + page - i, middle + page);
      joined.insert(joined.end(), middle, middle + size);
      expected.push_back(sha256(joined));
    }
    ASSERT_EQ(hash(messages), expected) << size;
  }
  ::munmap(memory, 4 * page);
}

TEST_P(EverySha256, PacketHashesAndLinkIds) {
  SeededRandom random(5);
  std::vector<Bytes> packets;
  std::vector<Sha256Message> hashes, ids;
  std::vector<Hash32> expected;
  for (std::size_t i = 0; i < kSha256BatchMax; ++i) {
    Bytes raw(i == 0 ? 19 : 35 + random.below(465));
    random.fill(raw);
    raw[0] = static_cast<std::uint8_t>(i == 0 ? raw[0] & 0x3F : raw[0] & 0x7F);
    packets.push_back(raw);
  }
  for (const Bytes& raw : packets) {
    hashes.push_back(packet_hash_message(raw));
    ids.push_back(link_id_message(raw));
    expected.push_back(packet_hash(raw));
  }
  EXPECT_EQ(hash(hashes), expected);
  const auto links = hash(ids);
  for (std::size_t i = 0; i < packets.size(); ++i)
    EXPECT_EQ(truncate(links[i]), link_id(packets[i])) << i;
  EXPECT_EQ(hash({packet_hash_message({})})[0], packet_hash({}));
}

INSTANTIATE_TEST_SUITE_P(Kernels, EverySha256,
                         testing::Values(Sha256Kernel::kPortable, Sha256Kernel::kAvx2,
                                         Sha256Kernel::kShaNi, Sha256Kernel::kAvx512),
                         [](const auto& kernel) {
                           switch (kernel.param) {
                             case Sha256Kernel::kAvx2:
                               return "Avx2";
                             case Sha256Kernel::kShaNi:
                               return "ShaNi";
                             case Sha256Kernel::kAvx512:
                               return "Avx512";
                             default:
                               return "Portable";
                           }
                         });

TEST(Sha256Batch, BestIsTheFirstThatRuns) {
  const Sha256Kernel best = Sha256Batch::best().kernel();
  EXPECT_EQ(best == Sha256Kernel::kAvx512, Sha256Batch::of(Sha256Kernel::kAvx512).has_value());
}

}  // namespace
}  // namespace mehr::crypto
