// MessagePack reading and writing; one header decoder serves every kind of read.
#include "core/wire/msgpack.h"

#include <bit>

namespace mehr::wire {
namespace {

/// Adds a length or value in the shortest of the forms that start with 8-, 16- and 32-bit `tags`.
void sized(ByteWriter& out, std::size_t value, std::uint8_t tag8, std::uint8_t tag16,
           std::uint8_t tag32) {
  if (value <= 0xFF && tag8 != 0) {
    out.u8(tag8).u8(static_cast<std::uint8_t>(value));
  } else if (value <= 0xFFFF) {
    out.u8(tag16).u16_be(static_cast<std::uint16_t>(value));
  } else {
    out.u8(tag32).u32_be(static_cast<std::uint32_t>(value));
  }
}

}  // namespace

std::size_t MsgpackReader::big_endian(std::size_t offset, std::size_t count) const {
  std::size_t value = 0;
  if (data_.size() < offset + count) return SIZE_MAX;  // no view is that long: fails later
  for (std::size_t i = 0; i < count; ++i)
    value = value << 8 | data_[offset + i];
  return value;
}

MsgpackReader::Header MsgpackReader::header() const {
  using K = MsgpackKind;
  if (failed_ || data_.empty()) return {};
  const std::uint8_t tag = data_[0];
  if (tag < 0x80 || tag >= 0xE0) return {K::kInteger, 1, 0};
  if (tag < 0x90) return {K::kMap, 1, tag & 0x0FU};
  if (tag < 0xA0) return {K::kArray, 1, tag & 0x0FU};
  if (tag < 0xC0) return {K::kString, 1, tag & 0x1FU};
  switch (tag) {
    case 0xC0:
      return {K::kNil, 1, 0};
    case 0xC2:
    case 0xC3:
      return {K::kBool, 1, 0};
    case 0xC4:
      return {K::kBinary, 2, big_endian(1, 1)};
    case 0xC5:
      return {K::kBinary, 3, big_endian(1, 2)};
    case 0xC6:
      return {K::kBinary, 5, big_endian(1, 4)};
    case 0xC7:
      return {K::kExtension, 3, big_endian(1, 1)};
    case 0xC8:
      return {K::kExtension, 4, big_endian(1, 2)};
    case 0xC9:
      return {K::kExtension, 6, big_endian(1, 4)};
    case 0xCA:
      return {K::kFloat, 1, 4};
    case 0xCB:
      return {K::kFloat, 1, 8};
    case 0xCC:
    case 0xD0:
      return {K::kInteger, 1, 1};
    case 0xCD:
    case 0xD1:
      return {K::kInteger, 1, 2};
    case 0xCE:
    case 0xD2:
      return {K::kInteger, 1, 4};
    case 0xCF:
    case 0xD3:
      return {K::kInteger, 1, 8};
    case 0xD9:
      return {K::kString, 2, big_endian(1, 1)};
    case 0xDA:
      return {K::kString, 3, big_endian(1, 2)};
    case 0xDB:
      return {K::kString, 5, big_endian(1, 4)};
    case 0xDC:
      return {K::kArray, 3, big_endian(1, 2)};
    case 0xDD:
      return {K::kArray, 5, big_endian(1, 4)};
    case 0xDE:
      return {K::kMap, 3, big_endian(1, 2)};
    case 0xDF:
      return {K::kMap, 5, big_endian(1, 4)};
    default:
      break;
  }
  if (tag >= 0xD4 && tag <= 0xD8) return {K::kExtension, 2, std::size_t{1} << (tag - 0xD4)};
  return {};
}

MsgpackKind MsgpackReader::peek() const {
  return header().kind;
}

std::optional<std::size_t> MsgpackReader::array() {
  const Header head = header();
  if (head.kind != MsgpackKind::kArray || head.header > data_.size() ||
      head.length > data_.size() - head.header) {
    fail();
    return std::nullopt;
  }
  data_ = data_.subspan(head.header);
  return head.length;
}

std::optional<std::size_t> MsgpackReader::map() {
  const Header head = header();
  if (head.kind != MsgpackKind::kMap || head.header > data_.size() ||
      head.length > (data_.size() - head.header) / 2) {
    fail();
    return std::nullopt;
  }
  data_ = data_.subspan(head.header);
  return head.length;
}

std::optional<ByteView> MsgpackReader::payload(bool binary_allowed) {
  const Header head = header();
  const bool right =
      head.kind == MsgpackKind::kString || (binary_allowed && head.kind == MsgpackKind::kBinary);
  if (!right || head.header > data_.size() || head.length > data_.size() - head.header) {
    fail();
    return std::nullopt;
  }
  const ByteView out = data_.subspan(head.header, head.length);
  data_ = data_.subspan(head.header + head.length);
  return out;
}

std::optional<ByteView> MsgpackReader::bytes() {
  return payload(true);
}
std::optional<ByteView> MsgpackReader::string() {
  return payload(false);
}

std::optional<std::uint64_t> MsgpackReader::unsigned_integer() {
  const Header head = header();
  const auto whole = [&]() -> std::optional<std::uint64_t> {
    if (head.kind != MsgpackKind::kInteger || data_.size() < 1 + head.length) return std::nullopt;
    const std::uint8_t tag = data_[0];
    if (head.length == 0) return tag < 0x80 ? std::optional<std::uint64_t>{tag} : std::nullopt;
    const std::uint64_t value = big_endian(1, head.length);
    const bool negative = tag >= 0xD0 && (value >> (head.length * 8 - 1)) != 0;
    return negative ? std::nullopt : std::optional{value};
  }();
  if (!whole) {
    fail();
    return std::nullopt;
  }
  data_ = data_.subspan(1 + head.length);
  return whole;
}

std::optional<double> MsgpackReader::number() {
  const Header head = header();
  const bool numeric = head.kind == MsgpackKind::kFloat || head.kind == MsgpackKind::kInteger;
  if (!numeric || data_.size() < 1 + head.length) {
    fail();
    return std::nullopt;
  }
  const std::uint8_t tag = data_[0];
  const std::uint64_t raw = head.length == 0 ? tag : big_endian(1, head.length);
  data_ = data_.subspan(1 + head.length);
  if (tag == 0xCA) return std::bit_cast<float>(static_cast<std::uint32_t>(raw));
  if (tag == 0xCB) return std::bit_cast<double>(raw);
  switch (tag) {
    case 0xD0:
      return static_cast<std::int8_t>(raw);
    case 0xD1:
      return static_cast<std::int16_t>(raw);
    case 0xD2:
      return static_cast<std::int32_t>(raw);
    case 0xD3:
      return static_cast<double>(static_cast<std::int64_t>(raw));
    default:
      break;
  }
  if (tag >= 0xE0) return static_cast<std::int8_t>(tag);
  return static_cast<double>(raw);
}

bool MsgpackReader::nil() {
  if (header().kind != MsgpackKind::kNil) return fail();
  data_ = data_.subspan(1);
  return true;
}

std::optional<ByteView> MsgpackReader::value() {
  const ByteView start = data_;
  // Counted instead of nested: a hostile nesting costs no stack. Each open value still needs a
  // byte.
  for (std::size_t open = 1; open > 0; --open) {
    const Header head = header();
    std::size_t skip = head.header;
    const std::size_t left = data_.size() - std::min(skip, data_.size());
    bool good = head.kind != MsgpackKind::kInvalid && skip <= data_.size();
    if (head.kind == MsgpackKind::kArray) {
      good = good && head.length <= left;
      if (good) open += head.length;
    } else if (head.kind == MsgpackKind::kMap) {
      good = good && head.length <= left / 2;
      if (good) open += 2 * head.length;
    } else {
      good = good && head.length <= left;
      skip += head.length;
    }
    if (!good || open > data_.size() + 1) {
      fail();
      return std::nullopt;
    }
    data_ = data_.subspan(skip);
  }
  return start.first(start.size() - data_.size());
}

MsgpackWriter& MsgpackWriter::array(std::size_t count) {
  if (count < 16) {
    out_.u8(static_cast<std::uint8_t>(0x90 | count));
  } else {
    sized(out_, count, 0, 0xDC, 0xDD);
  }
  return *this;
}

MsgpackWriter& MsgpackWriter::map(std::size_t pairs) {
  if (pairs < 16) {
    out_.u8(static_cast<std::uint8_t>(0x80 | pairs));
  } else {
    sized(out_, pairs, 0, 0xDE, 0xDF);
  }
  return *this;
}

MsgpackWriter& MsgpackWriter::binary(ByteView data) {
  sized(out_, data.size(), 0xC4, 0xC5, 0xC6);
  out_.bytes(data);
  return *this;
}

MsgpackWriter& MsgpackWriter::string(std::string_view text) {
  if (text.size() < 32) {
    out_.u8(static_cast<std::uint8_t>(0xA0 | text.size()));
  } else {
    sized(out_, text.size(), 0xD9, 0xDA, 0xDB);
  }
  out_.bytes(as_bytes(text));
  return *this;
}

MsgpackWriter& MsgpackWriter::unsigned_integer(std::uint64_t value) {
  if (value < 0x80) {
    out_.u8(static_cast<std::uint8_t>(value));
  } else if (value <= 0xFFFFFFFF) {
    sized(out_, static_cast<std::size_t>(value), 0xCC, 0xCD, 0xCE);
  } else {
    out_.u8(0xCF).u64_be(value);
  }
  return *this;
}

MsgpackWriter& MsgpackWriter::real(double value) {
  out_.u8(0xCB).u64_be(std::bit_cast<std::uint64_t>(value));
  return *this;
}

MsgpackWriter& MsgpackWriter::nil() {
  out_.u8(0xC0);
  return *this;
}

MsgpackWriter& MsgpackWriter::encoded(ByteView value) {
  out_.bytes(value);
  return *this;
}

}  // namespace mehr::wire
