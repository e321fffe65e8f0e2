// The batch AEAD, every implementation this processor runs, against RFC 8439, Wycheproof and
// libsodium: all sizes, all counts, forgeries.
#include "core/crypto/aead_batch.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/random.h"
#include "core/crypto/aead.h"

namespace mehr::crypto {
namespace {

class AeadBatchTest : public testing::TestWithParam<AeadKernel> {
 protected:
  void SetUp() override {
    static std::map<AeadKernel, std::optional<AeadBatch>> checked;  // once each is enough
    if (!checked.contains(GetParam())) checked.emplace(GetParam(), AeadBatch::of(GetParam()));
    batch_ = checked.at(GetParam());
    if (!batch_) GTEST_SKIP() << "this processor does not run it";
    ASSERT_EQ(batch_->kernel(), GetParam());
  }

  std::optional<AeadBatch> batch_;
  std::unique_ptr<AeadScratch> scratch_ = std::make_unique<AeadScratch>();
};

/// One packet with buffers of its own.
struct Packet {
  AeadKey key;
  Bytes associated, plain, text;
  std::array<std::uint8_t, kAeadTag> tag{};
  std::array<std::uint8_t, 12> nonce{};

  Packet() = default;
  Packet(Random& random, std::size_t size, std::size_t associated_size)
      : associated(associated_size), plain(size) {
    random.fill(key.bytes);
    random.fill(associated);
    random.fill(plain);
    random.fill(nonce);
    text = plain;
  }
  AeadJob job() {
    return {&key,
            associated.data(),
            text.data(),
            text.data(),
            tag.data(),
            static_cast<std::uint32_t>(text.size()),
            static_cast<std::uint32_t>(associated.size()),
            nonce};
  }
};

std::vector<AeadJob> jobs_of(std::vector<Packet>& packets) {
  std::vector<AeadJob> jobs;
  for (Packet& packet : packets)
    jobs.push_back(packet.job());
  return jobs;
}

void expect_sealed(const Packet& packet) {
  Bytes expected(packet.plain.size());
  expected.reserve(1);  // libsodium takes no null pointers
  std::array<std::uint8_t, kAeadTag> tag;
  crypto_aead_chacha20poly1305_ietf_encrypt_detached(
      expected.data(), tag.data(), nullptr, packet.plain.data(), packet.plain.size(),
      packet.associated.data(), packet.associated.size(), nullptr, packet.nonce.data(),
      packet.key.bytes.data());
  ASSERT_EQ(packet.text, expected) << "size " << packet.plain.size();
  ASSERT_EQ(packet.tag, tag) << "size " << packet.plain.size() << " associated "
                             << packet.associated.size();
}

/// Seals, compares, opens, compares.
void expect_round_trip(const AeadBatch& batch, AeadScratch& scratch, std::vector<Packet>& packets) {
  const auto jobs = jobs_of(packets);
  batch.seal(scratch, jobs);
  for (const Packet& packet : packets)
    ASSERT_NO_FATAL_FAILURE(expect_sealed(packet));
  const std::uint64_t all = ~std::uint64_t{0} >> (64 - packets.size());
  ASSERT_EQ(batch.open(scratch, jobs), all);
  for (const Packet& packet : packets)
    ASSERT_EQ(packet.text, packet.plain);
}

TEST_P(AeadBatchTest, Rfc8439) {
  Packet packet;
  const auto key = from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  std::copy(key->begin(), key->end(), packet.key.bytes.begin());
  const auto nonce = from_hex("070000004041424344454647");
  std::copy(nonce->begin(), nonce->end(), packet.nonce.begin());
  packet.associated = *from_hex("50515253c0c1c2c3c4c5c6c7");
  packet.text = to_bytes(as_bytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      "sunscreen would be it."));
  const AeadJob job = packet.job();
  batch_->seal(*scratch_, {&job, 1});
  EXPECT_EQ(to_hex(packet.text),
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
            "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
            "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
            "3ff4def08e4b7a9de576d26586cec64b6116");
  EXPECT_EQ(to_hex(packet.tag), "1ae10b594f09e26a7e902ecbd0600691");
}

TEST_P(AeadBatchTest, SameAsHopFrames) {
  SeededRandom random(5);
  Packet packet(random, 300, 16);
  const Bytes expected =
      seal_aead(Hash32{packet.key.bytes}, 0x0102030405060708, packet.associated, packet.plain);
  AeadJob job = packet.job();
  job.set_counter(0x0102030405060708);
  batch_->seal(*scratch_, {&job, 1});
  EXPECT_EQ(concat({packet.text, packet.tag}), expected);
}

/// The vectors with a 12-byte nonce, and for each whether it must open.
std::pair<std::vector<Packet>, std::vector<bool>> wycheproof() {
  std::ifstream file(MEHR_VECTORS "/wycheproof/chacha20_poly1305_test.json");
  const auto root = nlohmann::json::parse(file);
  std::vector<Packet> packets;
  std::vector<bool> genuine;
  for (const auto& group : root["testGroups"]) {
    if (group["ivSize"] != 96) continue;
    for (const auto& test : group["tests"]) {
      const auto bytes = [&](const char* name) { return *from_hex(test[name].get<std::string>()); };
      Packet packet;
      std::copy_n(bytes("key").begin(), 32, packet.key.bytes.begin());
      std::copy_n(bytes("iv").begin(), 12, packet.nonce.begin());
      std::copy_n(bytes("tag").begin(), 16, packet.tag.begin());
      packet.associated = bytes("aad");
      packet.plain = bytes("msg");
      packet.text = bytes("ct");
      packets.push_back(packet);
      genuine.push_back(test["result"] == "valid");
    }
  }
  return {packets, genuine};
}

TEST_P(AeadBatchTest, WycheproofOneByOne) {
  const auto [vectors, genuine] = wycheproof();
  ASSERT_GE(vectors.size(), 300U);
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    Packet packet = vectors[i];
    const AeadJob job = packet.job();
    ASSERT_EQ(batch_->open(*scratch_, {&job, 1}), genuine[i] ? 1U : 0U);
    ASSERT_EQ(packet.text, genuine[i] ? packet.plain : vectors[i].text);
    packet.text = packet.plain;
    batch_->seal(*scratch_, {&job, 1});
    ASSERT_EQ(packet.text, vectors[i].text);
    ASSERT_EQ(packet.tag == vectors[i].tag, genuine[i]);
  }
}

TEST_P(AeadBatchTest, WycheproofTogether) {
  const auto all = wycheproof();
  const auto& vectors = std::get<0>(all);
  const auto& genuine = std::get<1>(all);
  for (const bool odd : {false, true}) {  // more than 32 associated bytes, or not
    std::vector<Packet> packets;
    std::vector<std::size_t> from;
    const auto flush = [&] {
      const std::uint64_t opened = batch_->open(*scratch_, jobs_of(packets));
      for (std::size_t i = 0; i < packets.size(); ++i) {
        ASSERT_EQ(opened >> i & 1, genuine[from[i]] ? 1U : 0U);
        ASSERT_EQ(packets[i].text, genuine[from[i]] ? packets[i].plain : vectors[from[i]].text);
      }
      packets.clear();
      from.clear();
    };
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      if (!odd && vectors[i].associated.size() > 32) continue;
      packets.push_back(vectors[i]);
      from.push_back(i);
      if (packets.size() < kAeadBatchMax) continue;
      ASSERT_NO_FATAL_FAILURE(flush());
    }
    ASSERT_NO_FATAL_FAILURE(flush());
  }
}

TEST_P(AeadBatchTest, EverySizeAndEveryAssociatedSize) {
  SeededRandom random(1);
  std::vector<Packet> packets;
  for (std::size_t size = 0; size < 720; ++size) {
    packets.emplace_back(random, size, size % 33);
    if (packets.size() < 1 + size % 48) continue;
    ASSERT_NO_FATAL_FAILURE(expect_round_trip(*batch_, *scratch_, packets));
    packets.clear();
  }
  packets.clear();
  for (std::size_t associated = 0; associated <= 40; ++associated) {
    for (std::size_t size = 0; size <= 200; size += 8)
      packets.emplace_back(random, size, associated);
    ASSERT_NO_FATAL_FAILURE(expect_round_trip(*batch_, *scratch_, packets));
    packets.clear();
  }
}

TEST_P(AeadBatchTest, EveryCountOfMixedSizes) {
  SeededRandom random(2);
  for (const std::size_t longest : {64U, 300U, 1600U, 9000U}) {
    for (std::size_t count = 1; count <= kAeadBatchMax; ++count) {
      std::vector<Packet> packets;
      while (packets.size() < count) {
        const std::size_t bound = random.below(4) == 0 ? longest : longest / 8;
        packets.emplace_back(random, random.below(bound + 1), random.below(33));
      }
      ASSERT_NO_FATAL_FAILURE(expect_round_trip(*batch_, *scratch_, packets));
    }
  }
}

TEST_P(AeadBatchTest, EveryCountOfOneSize) {
  SeededRandom random(3);
  for (const std::size_t size : {0U, 1U, 64U, 128U, 484U, 1472U, 4096U}) {
    for (std::size_t count = 1; count <= kAeadBatchMax; count += size > 1000 ? 7 : 1) {
      std::vector<Packet> packets;
      while (packets.size() < count)
        packets.emplace_back(random, size, 16);
      ASSERT_NO_FATAL_FAILURE(expect_round_trip(*batch_, *scratch_, packets));
    }
  }
}

TEST_P(AeadBatchTest, FewPacketsOfEverySize) {
  SeededRandom random(8);
  for (std::size_t size = 0; size < 2200; size += 8) {
    for (const std::size_t count : {1U, 2U, 3U}) {
      std::vector<Packet> packets;
      while (packets.size() < count)
        packets.emplace_back(random, size + random.below(8), 16);
      ASSERT_NO_FATAL_FAILURE(expect_round_trip(*batch_, *scratch_, packets));
    }
  }
}

TEST_P(AeadBatchTest, ExtremeTexts) {
  SeededRandom random(4);
  for (const std::size_t size : {65535U, 262144U}) {
    std::vector<Packet> packets;
    packets.emplace_back(random, size, 16);
    packets.emplace_back(random, 5, 0);
    ASSERT_NO_FATAL_FAILURE(expect_round_trip(*batch_, *scratch_, packets));
  }
  // Texts that seal to all ones keep every limb of the sums full.
  for (const std::size_t size : {64U, 1024U, 9000U}) {
    std::vector<Packet> packets;
    while (packets.size() < 19) {
      Packet packet(random, size, 0);
      const AeadJob job = packet.job();
      std::fill(packet.text.begin(), packet.text.end(), std::uint8_t{0xff});
      batch_->seal(*scratch_, {&job, 1});
      packet.plain = packet.text;
      packets.push_back(packet);
    }
    ASSERT_NO_FATAL_FAILURE(expect_round_trip(*batch_, *scratch_, packets));
  }
}

/// Changes one bit of what the tag covers, or of the tag.
void forge(Random& random, Packet& packet) {
  const auto flip = [&](MutableByteView bytes) {
    if (bytes.empty()) return false;
    bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
    return true;
  };
  switch (random.below(5)) {
    case 0:
      if (flip(packet.text)) return;
      break;
    case 1:
      if (flip(packet.associated)) return;
      break;
    case 2:
      flip(packet.nonce);
      return;
    case 3:
      flip(packet.key.bytes);
      return;
    default:
      break;
  }
  flip(packet.tag);
}

TEST_P(AeadBatchTest, ForgeriesAreToldAndLeftAlone) {
  SeededRandom random(6);
  for (int round = 0; round < 300; ++round) {
    std::vector<Packet> packets;
    const std::size_t count = 1 + random.below(kAeadBatchMax);
    const std::size_t longest = round % 2 == 0 ? 70 : 1600;
    while (packets.size() < count) {
      packets.emplace_back(random, random.below(longest + 1), random.below(33));
    }
    batch_->seal(*scratch_, jobs_of(packets));
    std::uint64_t expected = 0;
    std::vector<Bytes> after;
    for (std::size_t i = 0; i < count; ++i) {
      if (random.below(2) == 0) {
        forge(random, packets[i]);
        after.push_back(packets[i].text);
      } else {
        expected |= std::uint64_t{1} << i;
        after.push_back(packets[i].plain);
      }
    }
    ASSERT_EQ(batch_->open(*scratch_, jobs_of(packets)), expected);
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_EQ(packets[i].text, after[i]);
  }
}

TEST_P(AeadBatchTest, EveryBitOfATag) {
  SeededRandom random(7);
  Packet packet(random, 48, 16);
  const AeadJob job = packet.job();
  batch_->seal(*scratch_, {&job, 1});
  for (unsigned bit = 0; bit < 128; ++bit) {
    packet.tag[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    ASSERT_EQ(batch_->open(*scratch_, {&job, 1}), 0U);
    packet.tag[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  }
  EXPECT_EQ(batch_->open(*scratch_, {&job, 1}), 1U);
}

TEST(AeadBatch, TheBestIsOneOfThem) {
  const AeadBatch best = AeadBatch::best();
  EXPECT_TRUE(AeadBatch::of(best.kernel()));
  auto scratch = std::make_unique<AeadScratch>();
  best.seal(*scratch, {});
  EXPECT_EQ(best.open(*scratch, {}), 0U);
}

std::string name_of(const testing::TestParamInfo<AeadKernel>& info) {
  return info.param == AeadKernel::kPortable ? "Portable"
         : info.param == AeadKernel::kAvx2   ? "Avx2"
                                             : "Avx512";
}
INSTANTIATE_TEST_SUITE_P(Kernels, AeadBatchTest,
                         testing::Values(AeadKernel::kPortable, AeadKernel::kAvx2,
                                         AeadKernel::kAvx512),
                         name_of);

}  // namespace
}  // namespace mehr::crypto
