// Hop frame headers and records declared in hop_frame.h.
#include "core/wire/hop_frame.h"

#include <algorithm>

#include "core/base/assert.h"

namespace mehr::wire {
namespace {

constexpr std::uint8_t kPaddingClass = 0x01;  // P0, control
constexpr std::uint8_t kFullForm = 0x80;      // 10vvtttt
constexpr std::uint8_t kCompactForm = 0xC0;   // 11iiiiii
constexpr std::uint8_t kFormMask = 0xC0;

bool is_padding(const HopRecord& record) {
  return record.hop_class.control &&
         record.price_or_type == static_cast<std::uint8_t>(HopControl::kPadding);
}

/// One way to write it, so that nothing can be said in padding.
bool canonical_padding(const HopRecord& record, std::size_t behind) {
  return behind == 0 && record.hop_class.packed() == kPaddingClass &&
         std::all_of(record.body.begin(), record.body.end(),
                     [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<HopFrameKind> hop_frame_kind(ByteView frame) {
  if (frame.empty()) return std::nullopt;
  const std::uint8_t first = frame[0];
  if ((first & kFormMask) == kCompactForm) return HopFrameKind{true, HopFrameType::kData};
  if ((first & kFormMask) != kFullForm || (first >> 4 & 3) != kHopVersion) return std::nullopt;
  const std::uint8_t type = first & 0x0F;
  if (type < static_cast<std::uint8_t>(HopFrameType::kHello) ||
      type > static_cast<std::uint8_t>(HopFrameType::kData)) {
    return std::nullopt;
  }
  return HopFrameKind{false, static_cast<HopFrameType>(type)};
}

std::uint8_t hop_first_byte(HopFrameType type) {
  return static_cast<std::uint8_t>(kFullForm | kHopVersion << 4 | static_cast<unsigned>(type));
}

std::optional<HopDataFrame> decode_hop_data(ByteView frame, bool compact) {
  const auto kind = hop_frame_kind(frame);
  if (!kind || kind->compact != compact || kind->type != HopFrameType::kData) return std::nullopt;
  const std::size_t header = compact ? kHopCompactHeader : kHopHeader;
  if (frame.size() < header + kHopTag || frame.size() > kHopFrameMax) return std::nullopt;
  HopDataFrame out;
  out.header = frame.first(header);
  out.sealed = frame.subspan(header);
  ByteReader reader(out.header);
  if (compact) {
    out.receiver_index = reader.u8() & kHopCompactIndexMax;
    const std::uint64_t low = reader.u16_le();
    out.counter.sequence = low | std::uint64_t{reader.u8()} << 16;
    return out;
  }
  reader.u8();
  const bool reserved_clear = reader.u8() == 0 && reader.u16_le() == 0;
  out.receiver_index = reader.u32_le();
  out.counter = HopCounter::unpack(reader.u64_le());
  if (!reserved_clear) return std::nullopt;
  return out;
}

void append_hop_header(Bytes& frame, std::uint32_t receiver_index, HopCounter counter,
                       bool compact) {
  MEHR_ASSERT(counter.sequence <= kHopSequenceMax);
  ByteWriter writer(kHopHeader);
  if (compact) {
    MEHR_ASSERT(receiver_index <= kHopCompactIndexMax && counter.lane == 0);
    writer.u8(static_cast<std::uint8_t>(kCompactForm | receiver_index))
        .u16_le(static_cast<std::uint16_t>(counter.sequence))
        .u8(static_cast<std::uint8_t>(counter.sequence >> 16));
  } else {
    writer.u8(hop_first_byte(HopFrameType::kData)).u8(0).u16_le(0);
    writer.u32_le(receiver_index).u64_le(counter.packed());
  }
  append(frame, writer.written());
}

Bytes encode_hop_header(std::uint32_t receiver_index, HopCounter counter, bool compact) {
  Bytes out;
  append_hop_header(out, receiver_index, counter, compact);
  return out;
}

std::uint64_t rebuild_hop_sequence(std::uint64_t highest, std::uint32_t low) {
  constexpr std::uint64_t kSpan = std::uint64_t{1} << 24;
  const std::uint64_t lowest = highest > kSpan / 2 ? highest - kSpan / 2 : 0;
  std::uint64_t candidate = (lowest & ~(kSpan - 1)) | low;
  if (candidate < lowest) candidate += kSpan;
  return candidate;
}

std::uint8_t HopClass::packed() const {
  return static_cast<std::uint8_t>(
      static_cast<unsigned>(priority) << 6 | static_cast<unsigned>(path_policy & 7U) << 3 |
      (probe ? 4U : 0U) | (reserved_flow ? 2U : 0U) | (control ? 1U : 0U));
}

HopClass HopClass::unpack(std::uint8_t byte) {
  HopClass out;
  out.priority = static_cast<HopPriority>(byte >> 6);
  out.path_policy = byte >> 3 & 7;
  out.probe = (byte & 4) != 0;
  out.reserved_flow = (byte & 2) != 0;
  out.control = (byte & 1) != 0;
  return out;
}

void append_hop_record(Bytes& records, const HopRecord& record) {
  MEHR_ASSERT(record.body.size() <= 0xFFFF);
  records.push_back(static_cast<std::uint8_t>(record.body.size()));
  records.push_back(static_cast<std::uint8_t>(record.body.size() >> 8));
  records.push_back(record.hop_class.packed());
  records.push_back(record.price_or_type);
  append(records, record.body);
}

void append_hop_padding(Bytes& records, std::size_t size) {
  MEHR_ASSERT(size >= kHopRecordHeader && size - kHopRecordHeader <= 0xFFFF);
  const std::size_t body = size - kHopRecordHeader;
  records.push_back(static_cast<std::uint8_t>(body));
  records.push_back(static_cast<std::uint8_t>(body >> 8));
  records.push_back(kPaddingClass);
  records.push_back(static_cast<std::uint8_t>(HopControl::kPadding));
  records.resize(records.size() + body, 0);
}

bool decode_hop_records(ByteView plaintext, const std::function<void(const HopRecord&)>& each) {
  const auto walk = [&](auto&& visit) {
    ByteReader reader(plaintext);
    while (reader.remaining() > 0) {
      const std::uint16_t length = reader.u16_le();
      HopRecord record;
      record.hop_class = HopClass::unpack(reader.u8());
      record.price_or_type = reader.u8();
      record.body = reader.take(length);
      if (reader.failed()) return false;
      if (is_padding(record) && !canonical_padding(record, reader.remaining())) return false;
      visit(record);
    }
    return true;
  };
  if (!walk([](const HopRecord&) {})) return false;
  walk(each);
  return true;
}

}  // namespace mehr::wire
