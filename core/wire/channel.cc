// Reading and writing channel envelopes and stream messages, declared in channel.h.
#include "core/wire/channel.h"

#include "core/base/assert.h"

namespace mehr::wire {
namespace {

constexpr std::uint16_t kEndBit = 0x8000;
constexpr std::uint16_t kCompressedBit = 0x4000;

}  // namespace

std::optional<ChannelMessage> decode_channel_message(ByteView plaintext) {
  ByteReader reader(plaintext);
  ChannelMessage message;
  message.type = reader.u16_be();
  message.sequence = reader.u16_be();
  message.body = reader.take(reader.u16_be());
  if (reader.failed()) return std::nullopt;
  return message;
}

Bytes encode_channel_message(const ChannelMessage& message) {
  MEHR_ASSERT(message.body.size() <= 0xFFFF);
  ByteWriter writer(6 + message.body.size());
  writer.u16_be(message.type)
      .u16_be(message.sequence)
      .u16_be(static_cast<std::uint16_t>(message.body.size()))
      .bytes(message.body);
  return writer.take();
}

std::optional<StreamMessage> decode_stream_message(ByteView body) {
  ByteReader reader(body);
  const std::uint16_t header = reader.u16_be();
  StreamMessage message;
  message.stream = header & kStreamIdMax;
  message.end = (header & kEndBit) != 0;
  message.compressed = (header & kCompressedBit) != 0;
  message.data = reader.rest();
  if (reader.failed()) return std::nullopt;
  return message;
}

Bytes encode_stream_message(const StreamMessage& message) {
  MEHR_ASSERT(message.stream <= kStreamIdMax);
  const unsigned header = message.stream | (message.end ? unsigned{kEndBit} : 0U) |
                          (message.compressed ? unsigned{kCompressedBit} : 0U);
  ByteWriter writer(2 + message.data.size());
  writer.u16_be(static_cast<std::uint16_t>(header)).bytes(message.data);
  return writer.take();
}

}  // namespace mehr::wire
