// HDLC and KISS against framing.json, and streams cut at every place.
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/wire/hdlc.h"
#include "core/wire/kiss.h"
#include "tests/unit/vector_file.h"

namespace mehr::wire {
namespace {

using test::hex;
using test::Json;
using test::VectorFile;

using Frames = std::vector<Bytes>;

Frames hdlc_frames(HdlcDecoder& decoder, const std::vector<Bytes>& chunks) {
  Frames frames;
  for (const Bytes& chunk : chunks) {
    decoder.push(chunk, [&](ByteView frame) { frames.push_back(to_bytes(frame)); });
  }
  return frames;
}

/// Payloads of data frames, as KISS links use them.
Frames kiss_frames(KissDecoder& decoder, const std::vector<Bytes>& chunks) {
  Frames frames;
  for (const Bytes& chunk : chunks) {
    decoder.push(chunk, [&](const KissFrame& frame) {
      if (frame.command == kKissData) frames.push_back(to_bytes(frame.payload));
    });
  }
  return frames;
}

std::vector<Bytes> byte_by_byte(const Bytes& stream) {
  std::vector<Bytes> chunks;
  for (const std::uint8_t byte : stream)
    chunks.push_back({byte});
  return chunks;
}

TEST(Framing, Encode) {
  VectorFile("framing").each("encode", [](const Json& item) {
    const Bytes payload = hex(item["payload"]);
    EXPECT_EQ(hdlc_encode(payload), hex(item["hdlc"]));
    EXPECT_EQ(kiss_encode(kKissData, payload), hex(item["kiss_data"]));
    EXPECT_LE(hdlc_encode(payload).size(), 2 * payload.size() + 2);
    EXPECT_LE(kiss_encode(kKissData, payload).size(), 2 * payload.size() + 3);
  });
}

TEST(Framing, Decode) {
  VectorFile("framing").each("decode", [](const Json& item) {
    Frames expected;
    for (const Json& frame : item["frames"])
      expected.push_back(hex(frame));
    std::vector<Bytes> chunks;
    for (const Json& chunk : item["chunks"])
      chunks.push_back(hex(chunk));
    const auto mtu = item["hw_mtu"].get<std::size_t>();
    const auto access = item["ifac_size"].get<std::size_t>();
    if (item["framing"] == "hdlc") {
      HdlcDecoder decoder(mtu, access);
      EXPECT_EQ(hdlc_frames(decoder, chunks), expected);
      return;
    }
    ASSERT_EQ(item["framing"], "kiss");
    KissDecoder as_reference(mtu + access, KissCommand::kPortNibble, KissDelimiter::kSeparate);
    EXPECT_EQ(kiss_frames(as_reference, chunks), expected);
    // Accepting shared delimiters may only ever add frames.
    KissDecoder shared(mtu + access, KissCommand::kPortNibble);
    const Frames more = kiss_frames(shared, chunks);
    EXPECT_EQ(more.size(), item["id"] == "kiss shared fend" ? 2 : expected.size());
    EXPECT_EQ(Frames(more.begin(), more.begin() + static_cast<std::ptrdiff_t>(expected.size())),
              expected);
  });
}

TEST(Hdlc, ChunksDoNotMatter) {
  SeededRandom random(3);
  Bytes stream = {0x11, 0x7E};
  Frames sent;
  for (std::size_t size = 20; size < 60; ++size) {
    Bytes packet(size);
    random.fill(packet);
    packet[size / 2] = 0x7D;
    packet[size - 1] = 0x7E;
    hdlc_append(stream, packet);
    sent.push_back(packet);
  }
  HdlcDecoder whole(500, 0);
  EXPECT_EQ(hdlc_frames(whole, {stream}), sent);
  HdlcDecoder bytes(500, 0);
  EXPECT_EQ(hdlc_frames(bytes, byte_by_byte(stream)), sent);
  for (std::size_t cut = 1; cut < stream.size(); cut += 3) {
    const auto middle = stream.begin() + static_cast<std::ptrdiff_t>(cut);
    HdlcDecoder decoder(500, 0);
    EXPECT_EQ(hdlc_frames(decoder, {{stream.begin(), middle}, {middle, stream.end()}}), sent);
  }
}

TEST(Hdlc, Counts) {
  HdlcDecoder decoder(100, 16);
  hdlc_frames(decoder, {hdlc_encode(Bytes(1, 5)), hdlc_encode(Bytes(19, 5)),
                        hdlc_encode(Bytes(20, 5)), hdlc_encode(Bytes(116, 5)),
                        hdlc_encode(Bytes(117, 5)), hdlc_encode(Bytes(5000, 5)), hdlc_encode({})});
  EXPECT_EQ(decoder.counts().too_short, 2U);
  EXPECT_EQ(decoder.counts().too_long, 2U);
  EXPECT_EQ(decoder.counts().runaway, 0U);
}

TEST(Hdlc, RunawayIsBoundedAndCounted) {
  HdlcDecoder decoder(100, 16);
  hdlc_frames(decoder, {{0x7E}});
  for (int i = 0; i < 1000; ++i) {
    hdlc_frames(decoder, {Bytes(50, 9)});
    EXPECT_LE(decoder.buffered(), 200U);
  }
  // Everything after the discarded run is outside a frame: it is dropped and not counted again.
  EXPECT_EQ(decoder.counts().runaway, 1U);
  EXPECT_EQ(hdlc_frames(decoder, {hdlc_encode(Bytes(40, 9))}).size(), 1U);
}

TEST(Hdlc, ResetForgetsAPartialFrame) {
  HdlcDecoder decoder(100, 0);
  hdlc_frames(decoder, {concat({Bytes{0x7E}, Bytes(30, 1)})});
  decoder.reset();
  EXPECT_EQ(hdlc_frames(decoder, {hdlc_encode(Bytes(40, 9))}), Frames{Bytes(40, 9)});
}

TEST(Kiss, CommandsShareDelimiters) {
  KissDecoder decoder(508, KissCommand::kByte, KissDelimiter::kSeparate);
  std::vector<std::uint8_t> commands;
  decoder.push(*from_hex("c00873c05000c04800c04900c0"),
               [&](const KissFrame& frame) { commands.push_back(frame.command); });
  EXPECT_EQ(commands, (std::vector<std::uint8_t>{0x08, 0x50, 0x48, 0x49}));
}

TEST(Kiss, ALostDelimiterCostsOneFrameAtMost) {
  // A frame whose closing delimiter was lost, then good ones.
  Bytes stream = kiss_encode(kKissData, Bytes(30, 1));
  stream.pop_back();
  kiss_append(stream, kKissData, Bytes(30, 2));
  kiss_append(stream, kKissData, Bytes(30, 3));
  KissDecoder decoder(508);
  EXPECT_EQ(kiss_frames(decoder, {stream}).size(), 3U);
}

TEST(Kiss, ResetForgetsAPartialFrame) {
  KissDecoder decoder(508);
  EXPECT_FALSE(decoder.partial());
  kiss_frames(decoder, {*from_hex("c0004142")});
  EXPECT_TRUE(decoder.partial());
  decoder.reset();
  EXPECT_FALSE(decoder.partial());
  EXPECT_EQ(kiss_frames(decoder, {kiss_encode(kKissData, Bytes(30, 2))}), Frames{Bytes(30, 2)});
}

TEST(Kiss, CutsAreCounted) {
  KissDecoder decoder(100);
  const Frames frames = kiss_frames(
      decoder, {kiss_encode(kKissData, Bytes(100, 2)), kiss_encode(kKissData, Bytes(101, 0xC0))});
  EXPECT_EQ(frames, (Frames{Bytes(100, 2), Bytes(100, 0xC0)}));
  EXPECT_EQ(decoder.cut(), 1U);
}

TEST(Kiss, AnEscapeDoesNotReachIntoTheNextFrame) {
  KissDecoder decoder(508);
  EXPECT_EQ(kiss_frames(decoder, {*from_hex("c00041dbc0c000dc42c0")}),
            (Frames{{0x41}, {0xDC, 0x42}}));
}

TEST(Kiss, EmptyFrames) {
  KissDecoder decoder(508);
  int frames = 0;
  decoder.push(*from_hex("c0c0c00fc0c0"), [&](const KissFrame& frame) {
    EXPECT_EQ(frame.command, 0x0F);
    EXPECT_TRUE(frame.payload.empty());
    ++frames;
  });
  EXPECT_EQ(frames, 1);
}

}  // namespace
}  // namespace mehr::wire
