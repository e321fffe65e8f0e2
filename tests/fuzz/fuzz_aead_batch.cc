// The batch AEAD beside libsodium: the input says how many packets, their sizes, where they are
// forged and what is in them. Every implementation this processor runs.
#include <sodium.h>

#include <algorithm>
#include <memory>

#include "core/base/assert.h"
#include "core/crypto/aead_batch.h"

using namespace mehr;
using namespace mehr::crypto;

namespace {

struct Packet {
  AeadKey key;
  Bytes associated, plain, text, expected;
  std::array<std::uint8_t, 16> tag{}, expected_tag{};
  bool forged = false;
};

/// Cycles through what is left of the input, so that short inputs make long texts.
class Source {
 public:
  explicit Source(ByteView input) : input_(input) {}
  void fill(MutableByteView out) {
    for (auto& byte : out) {
      byte = input_.empty() ? std::uint8_t{0} : input_[at_++ % input_.size()];
    }
  }

 private:
  ByteView input_;
  std::size_t at_ = 0;
};

void run(const AeadBatch& batch, std::vector<Packet> packets, std::vector<AeadJob> jobs) {
  static const auto kScratch = std::make_unique<AeadScratch>();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].key = &packets[i].key;
    jobs[i].associated = packets[i].associated.data();
    jobs[i].in = jobs[i].out = packets[i].text.data();
    jobs[i].tag = packets[i].tag.data();
  }
  batch.seal(*kScratch, jobs);
  std::uint64_t genuine = 0;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Packet& packet = packets[i];
    MEHR_ASSERT(packet.text == packet.expected);
    MEHR_ASSERT(packet.tag == packet.expected_tag);
    if (packet.forged) {
      packet.tag[i % 16] ^= static_cast<std::uint8_t>(1U << i % 8);
    } else {
      genuine |= std::uint64_t{1} << i;
      packet.expected = packet.plain;
    }
  }
  MEHR_ASSERT(batch.open(*kScratch, jobs) == genuine);
  for (const Packet& packet : packets)
    MEHR_ASSERT(packet.text == packet.expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kBatches = [] {
    std::vector<AeadBatch> all;
    for (const auto kernel : {AeadKernel::kPortable, AeadKernel::kAvx2, AeadKernel::kAvx512}) {
      if (const auto batch = AeadBatch::of(kernel)) all.push_back(*batch);
    }
    return all;
  }();
  ByteReader reader({data, size});
  std::vector<Packet> packets(1 + reader.u8() % kAeadBatchMax);
  std::vector<AeadJob> jobs(packets.size());
  for (Packet& packet : packets) {
    const std::uint16_t lengths = reader.u16_le();  // 12 bits of text, 3 of associated, 1 forged
    packet.plain.resize(lengths & 0xfffU);
    packet.associated.resize((lengths >> 12 & 7U) * 5);
    packet.forged = lengths >> 15 != 0;
  }
  Source source(reader.rest());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    Packet& packet = packets[i];
    source.fill(packet.key.bytes);
    source.fill(packet.associated);
    source.fill(packet.plain);
    source.fill(jobs[i].nonce);
    packet.text = packet.plain;
    packet.expected.reserve(1);  // libsodium takes no null pointers
    packet.expected.resize(packet.plain.size());
    jobs[i].size = static_cast<std::uint32_t>(packet.plain.size());
    jobs[i].associated_size = static_cast<std::uint32_t>(packet.associated.size());
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(
        packet.expected.data(), packet.expected_tag.data(), nullptr, packet.plain.data(),
        packet.plain.size(), packet.associated.data(), packet.associated.size(), nullptr,
        jobs[i].nonce.data(), packet.key.bytes.data());
  }
  for (const AeadBatch& batch : kBatches)
    run(batch, packets, jobs);
  return 0;
}
