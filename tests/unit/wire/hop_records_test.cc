// Probes, fragments and the framing of hop frames on a stream.
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/wire/hop_fragment.h"
#include "core/wire/hop_probe.h"
#include "core/wire/hop_stream.h"

namespace mehr::wire {
namespace {

TEST(HopProbe, IsANumberAndZeroes) {
  EXPECT_EQ(encode_hop_probe(0x01020304), (Bytes{4, 3, 2, 1}));
  EXPECT_EQ(decode_hop_probe(Bytes{4, 3, 2, 1}), 0x01020304U);
  EXPECT_FALSE(decode_hop_probe(Bytes{1, 2, 3}));
  EXPECT_FALSE(decode_hop_probe(Bytes{1, 2, 3, 4, 5}));
  EXPECT_EQ(encode_hop_probe(9, 6), (Bytes{9, 0, 0, 0, 0, 0}));
  EXPECT_EQ(decode_hop_probe(Bytes{9, 0, 0, 0, 0, 0}), 9U);
}

TEST(HopFragment, RoundTrips) {
  const Bytes piece{7, 8, 9};
  HopFragment fragment;
  fragment.number = 5;
  fragment.total = 10;
  fragment.offset = 7;
  fragment.hop_class.priority = HopPriority::kP1;
  fragment.price = 3;
  fragment.piece = piece;
  const Bytes bytes = encode_hop_fragment(fragment);
  EXPECT_EQ(bytes, (Bytes{5, 0, 0, 0, 10, 0, 7, 0, 0x40, 3, 7, 8, 9}));
  const auto back = decode_hop_fragment(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_hop_fragment(*back), bytes);
}

TEST(HopFragment, RefusesWhatIsNoProperPart) {
  HopFragment fragment;
  fragment.total = 3;
  const Bytes piece{1, 2, 3};
  fragment.piece = piece;
  EXPECT_FALSE(decode_hop_fragment(encode_hop_fragment(fragment))) << "the whole";
  fragment.total = 4;
  EXPECT_TRUE(decode_hop_fragment(encode_hop_fragment(fragment)));
  fragment.offset = 2;
  EXPECT_FALSE(decode_hop_fragment(encode_hop_fragment(fragment))) << "past the end";
  fragment.offset = 0;
  fragment.hop_class.control = true;
  EXPECT_FALSE(decode_hop_fragment(encode_hop_fragment(fragment))) << "a control record";
  EXPECT_FALSE(decode_hop_fragment(Bytes(kHopFragmentHeader))) << "empty";
  EXPECT_FALSE(decode_hop_fragment(Bytes(3)));
}

TEST(HopStream, CutsTheSameHoweverItArrives) {
  SeededRandom random(3);
  std::vector<Bytes> frames;
  Bytes wire;
  for (const std::size_t size : {1U, 2U, 300U, 65'535U, 7U, 1'000U}) {
    Bytes frame(size);
    random.fill(frame);
    append(wire, encode_hop_stream(frame));
    frames.push_back(std::move(frame));
  }
  for (const std::size_t most : {1U, 2U, 3U, 700U, 100'000U}) {
    HopStreamDecoder decoder;
    std::vector<Bytes> out;
    for (ByteView rest = wire; !rest.empty();) {
      const ByteView part = rest.first(std::min<std::size_t>(rest.size(), 1 + random.below(most)));
      EXPECT_TRUE(decoder.push(part, [&](ByteView frame) { out.push_back(to_bytes(frame)); }));
      rest = rest.subspan(part.size());
    }
    EXPECT_EQ(out, frames) << most;
    EXPECT_EQ(decoder.held(), 0U);
  }
}

TEST(HopStream, EndsAtALengthOfZero) {
  HopStreamDecoder decoder;
  int frames = 0;
  const auto count = [&](ByteView) { ++frames; };
  EXPECT_FALSE(decoder.push(Bytes{1, 0, 9, 0, 0, 1, 0, 9}, count));
  EXPECT_FALSE(decoder.push(Bytes{1, 0, 9}, count));
  EXPECT_EQ(frames, 1);
  HopStreamDecoder slow;
  EXPECT_TRUE(slow.push(Bytes{0}, count));
  EXPECT_FALSE(slow.push(Bytes{0}, count));
}

}  // namespace
}  // namespace mehr::wire
