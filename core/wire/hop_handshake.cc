// Handshake messages declared in hop_handshake.h.
#include "core/wire/hop_handshake.h"

#include <algorithm>

namespace mehr::wire {
namespace {

constexpr std::uint8_t kFlagFragmentation = 1;
constexpr std::uint8_t kFlagCompact = 2;

/// Reads type and reserved bytes; true when the message is a full-form frame of `type`.
bool read_head(ByteReader& reader, HopFrameType type) {
  const bool type_fits = reader.u8() == hop_first_byte(type);
  const bool reserved_clear = reader.u8() == 0 && reader.u16_le() == 0;
  return type_fits && reserved_clear;
}

ByteWriter head(HopFrameType type, std::size_t size) {
  ByteWriter writer(size);
  writer.u8(hop_first_byte(type)).u8(0).u16_le(0);
  return writer;
}

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<HopHello> decode_hop_hello(ByteView message) {
  if (message.size() != kHopHelloMin && message.size() != kHopHelloPadded) return std::nullopt;
  ByteReader reader(message);
  if (!read_head(reader, HopFrameType::kHello)) return std::nullopt;
  HopHello hello;
  hello.sender_index = reader.u32_le();
  hello.ephemeral = reader.fixed<32>();
  hello.cookie = reader.fixed<16>();
  hello.padded = message.size() == kHopHelloPadded;
  if (!all_zero(reader.rest()) || reader.failed()) return std::nullopt;
  return hello;
}

Bytes encode_hop_hello(const HopHello& hello) {
  ByteWriter writer = head(HopFrameType::kHello, kHopHelloPadded);
  writer.u32_le(hello.sender_index).bytes(hello.ephemeral.view()).bytes(hello.cookie.view());
  Bytes out = writer.take();
  if (hello.padded) out.resize(kHopHelloPadded, 0);
  return out;
}

std::optional<HopAnswer> decode_hop_answer(ByteView message) {
  if (message.size() != kHopAnswerSize) return std::nullopt;
  ByteReader reader(message);
  if (!read_head(reader, HopFrameType::kAnswer)) return std::nullopt;
  HopAnswer answer;
  answer.receiver_index = reader.u32_le();
  answer.sender_index = reader.u32_le();
  answer.ephemeral = reader.fixed<32>();
  answer.clear = message.first(message.size() - reader.remaining());
  answer.sealed = reader.rest();
  return answer;
}

Bytes encode_hop_answer_clear(const HopAnswer& answer) {
  ByteWriter writer = head(HopFrameType::kAnswer, kHopAnswerSize);
  writer.u32_le(answer.receiver_index).u32_le(answer.sender_index).bytes(answer.ephemeral.view());
  return writer.take();
}

std::optional<HopFinish> decode_hop_finish(ByteView message) {
  if (message.size() != kHopFinishSize) return std::nullopt;
  ByteReader reader(message);
  if (!read_head(reader, HopFrameType::kFinish)) return std::nullopt;
  HopFinish finish;
  finish.receiver_index = reader.u32_le();
  finish.clear = message.first(message.size() - reader.remaining());
  finish.sealed = reader.rest();
  return finish;
}

Bytes encode_hop_finish_clear(std::uint32_t receiver_index) {
  ByteWriter writer = head(HopFrameType::kFinish, kHopFinishSize);
  writer.u32_le(receiver_index);
  return writer.take();
}

std::optional<HopCookieReply> decode_hop_cookie(ByteView message) {
  if (message.size() != kHopCookieSize) return std::nullopt;
  ByteReader reader(message);
  if (!read_head(reader, HopFrameType::kCookie)) return std::nullopt;
  HopCookieReply reply;
  reply.receiver_index = reader.u32_le();
  reply.cookie = reader.fixed<16>();
  return reply;
}

Bytes encode_hop_cookie(const HopCookieReply& reply) {
  ByteWriter writer = head(HopFrameType::kCookie, kHopCookieSize);
  writer.u32_le(reply.receiver_index).bytes(reply.cookie.view());
  return writer.take();
}

std::optional<HopCapabilities> decode_hop_capabilities(ByteView bytes) {
  ByteReader reader(bytes);
  HopCapabilities out;
  out.version = reader.u8();
  const std::uint8_t flags = reader.u8();
  out.max_frame = reader.u16_le();
  out.lanes = reader.u8();
  out.payment_modes = reader.u8();
  const bool reserved_clear = reader.u16_le() == 0;
  out.clock_ms = reader.u64_le();
  out.fragmentation = (flags & kFlagFragmentation) != 0;
  out.compact = (flags & kFlagCompact) != 0;
  const bool flags_known = (flags & ~(kFlagFragmentation | kFlagCompact)) == 0;
  if (!reader.finished() || !reserved_clear || !flags_known || out.lanes == 0) return std::nullopt;
  return out;
}

Bytes encode_hop_capabilities(const HopCapabilities& capabilities) {
  ByteWriter writer(kHopCapabilities);
  const unsigned flags = (capabilities.fragmentation ? kFlagFragmentation : 0U) |
                         (capabilities.compact ? kFlagCompact : 0U);
  writer.u8(capabilities.version)
      .u8(static_cast<std::uint8_t>(flags))
      .u16_le(capabilities.max_frame)
      .u8(capabilities.lanes)
      .u8(capabilities.payment_modes)
      .u16_le(0)
      .u64_le(capabilities.clock_ms);
  return writer.take();
}

std::optional<HopProofBody> decode_hop_proof(ByteView bytes) {
  ByteReader reader(bytes);
  HopProofBody proof;
  proof.identity = reader.fixed<64>();
  proof.signature = reader.fixed<64>();
  proof.capabilities = reader.fixed<kHopCapabilities>();
  if (!reader.finished()) return std::nullopt;
  return proof;
}

Bytes encode_hop_proof(const HopProofBody& proof) {
  return concat({proof.identity.view(), proof.signature.view(), proof.capabilities.view()});
}

std::optional<HopRekey> decode_hop_rekey(ByteView body) {
  ByteReader reader(body);
  HopRekey rekey;
  rekey.epoch = reader.u32_le();
  rekey.sender_index = reader.u32_le();
  rekey.ephemeral = reader.fixed<32>();
  if (!reader.finished()) return std::nullopt;
  return rekey;
}

Bytes encode_hop_rekey(const HopRekey& rekey) {
  ByteWriter writer(kHopRekeySize);
  writer.u32_le(rekey.epoch).u32_le(rekey.sender_index).bytes(rekey.ephemeral.view());
  return writer.take();
}

}  // namespace mehr::wire
