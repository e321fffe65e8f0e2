// The bodies of hop_signals.h.
#include "core/wire/hop_signals.h"

namespace mehr::wire {

std::optional<PacketTooBig> decode_packet_too_big(ByteView body) {
  ByteReader reader(body);
  PacketTooBig message;
  message.destination = reader.fixed<16>();
  message.limit = reader.u16_le();
  if (!reader.finished()) return std::nullopt;
  return message;
}

Bytes encode_packet_too_big(const PacketTooBig& message) {
  ByteWriter writer(kPacketTooBigSize);
  writer.bytes(message.destination.view()).u16_le(message.limit);
  return writer.take();
}

std::optional<CongestionSignal> decode_congestion(ByteView body) {
  ByteReader reader(body);
  const std::uint8_t first = reader.u8();
  CongestionSignal signal;
  signal.drain_ms = reader.u16_le();
  const unsigned severity = first >> 6, scope = (first >> 4) & 3U;
  if (!reader.finished() || severity > 2 || scope > 1 || (first & 0x0F) != 0) return std::nullopt;
  signal.severity = static_cast<CongestionSeverity>(severity);
  signal.scope = static_cast<CongestionScope>(scope);
  return signal;
}

Bytes encode_congestion(const CongestionSignal& signal) {
  ByteWriter writer(kCongestionSize);
  writer
      .u8(static_cast<std::uint8_t>(static_cast<unsigned>(signal.severity) << 6 |
                                    static_cast<unsigned>(signal.scope) << 4))
      .u16_le(signal.drain_ms);
  return writer.take();
}

}  // namespace mehr::wire
