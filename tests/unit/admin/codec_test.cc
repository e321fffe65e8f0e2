// Framing and limits of the admin protocol.
#include "core/api/codec.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mehr::api {
namespace {

Bytes body_of(const Bytes& frame) {
  return {frame.begin() + 4, frame.end()};
}

TEST(CodecTest, CarriesARequest) {
  MessageSendRequestT request;
  request.destination = "0123";
  request.content = std::string("a\0b\xff", 4);
  request.wait_ms = 7;
  const Bytes frame = encode_request(request_of(std::move(request)));
  const auto decoded = decode_request(body_of(frame));
  ASSERT_NE(decoded, nullptr);
  ASSERT_EQ(decoded->body.type, RequestBody::MessageSendRequest);
  EXPECT_EQ(decoded->body.AsMessageSendRequest()->content, std::string("a\0b\xff", 4));
  EXPECT_EQ(decoded->body.AsMessageSendRequest()->wait_ms, 7U);
}

TEST(CodecTest, KeepsAbsentMeasurementsAbsent) {
  const auto decoded =
      decode_response(body_of(encode_response(response_of(PingResponseT{}, false))));
  ASSERT_NE(decoded, nullptr);
  EXPECT_FALSE(decoded->last);
  EXPECT_TRUE(std::isnan(decoded->body.AsPingResponse()->snr_db));
}

TEST(CodecTest, RefusesWhatNamesNoRequest) {
  EXPECT_EQ(decode_request(body_of(encode_request(RequestT{}))), nullptr);
  EXPECT_EQ(decode_response(body_of(encode_response(ResponseT{}))), nullptr);
  // A type of a later version.
  flatbuffers::FlatBufferBuilder builder;
  const auto inner = CreateStatusRequest(builder);
  builder.Finish(CreateRequest(builder, static_cast<RequestBody>(200), inner.Union()));
  EXPECT_EQ(decode_request({builder.GetBufferPointer(), builder.GetSize()}), nullptr);
}

TEST(CodecTest, RefusesDamage) {
  PathRequestRequestT request;
  request.destination = std::string(32, '0');
  const Bytes good = body_of(encode_request(request_of(std::move(request))));
  ASSERT_NE(decode_request(good), nullptr);
  for (std::size_t length = 0; length + 4 < good.size(); ++length) {
    // Whatever is cut off: either refused or still a verified request, never a crash.
    decode_request(ByteView(good).first(length));
  }
  EXPECT_EQ(decode_request({}), nullptr);
  Bytes wild = good;
  wild[0] = 0xff;
  wild[3] = 0xff;
  EXPECT_EQ(decode_request(wild), nullptr);
}

TEST(CodecTest, EncodesNothingOverTheLimit) {
  MessageSendRequestT request;
  request.content = std::string(kRequestBytesMax, 'x');
  EXPECT_TRUE(encode_request(request_of(std::move(request))).empty());
  DoneResponseT response;
  response.text = std::string(kResponseBytesMax, 'x');
  EXPECT_TRUE(encode_response(response_of(std::move(response))).empty());
}

TEST(FrameReaderTest, CutsAStreamAtAnyByte) {
  Bytes stream;
  for (int i = 0; i < 3; ++i)
    append(stream, encode_request(request_of(StatusRequestT{})));
  FrameReader reader(kRequestBytesMax);
  int frames = 0;
  for (const std::uint8_t byte : stream) {
    ASSERT_TRUE(reader.append({&byte, 1}));
    while (const auto body = reader.next()) {
      EXPECT_NE(decode_request(*body), nullptr);
      ++frames;
    }
  }
  EXPECT_EQ(frames, 3);
  EXPECT_EQ(reader.buffered_bytes(), 0U);
}

TEST(FrameReaderTest, RefusesLengthsOutOfRange) {
  for (const std::uint32_t length : {0U, 101U, 0xffff'ffffU}) {
    FrameReader reader(100);
    EXPECT_FALSE(reader.append(ByteWriter().u32_le(length).take())) << length;
    EXPECT_FALSE(reader.append(Bytes{1})) << "it fails for good";
    EXPECT_FALSE(reader.next());
  }
  FrameReader reader(100);
  EXPECT_TRUE(reader.append(ByteWriter().u32_le(100).take()));
}

TEST(FrameReaderTest, RefusesABadLengthBehindAGoodFrame) {
  FrameReader reader(100);
  EXPECT_TRUE(reader.append(ByteWriter().u32_le(1).u8(9).u32_le(101).take()));
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.append(Bytes{1}));
}

TEST(FrameReaderTest, HoldsNoMoreThanTwoFrames) {
  FrameReader reader(100);
  const Bytes frame = ByteWriter().u32_le(100).bytes(Bytes(100)).take();
  EXPECT_TRUE(reader.append(frame));
  EXPECT_TRUE(reader.append(frame));
  EXPECT_FALSE(reader.append(Bytes{0}));
}

}  // namespace
}  // namespace mehr::api
