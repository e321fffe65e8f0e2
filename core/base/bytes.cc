// Hexadecimal, readers and writers declared in bytes.h.
#include "core/base/bytes.h"

namespace mehr {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 0x0F]);
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string as_text(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

Bytes concat(std::initializer_list<ByteView> parts) {
  std::size_t total = 0;
  for (const ByteView part : parts)
    total += part.size();
  Bytes out;
  out.reserve(total);
  for (const ByteView part : parts)
    append(out, part);
  return out;
}

ByteView ByteReader::take(std::size_t count) {
  if (failed_ || data_.size() < count) {
    failed_ = true;
    data_ = {};
    return {};
  }
  const ByteView run = data_.first(count);
  data_ = data_.subspan(count);
  return run;
}

ByteView ByteReader::rest() {
  return take(data_.size());
}

std::uint64_t ByteReader::big_endian(std::size_t count) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : take(count))
    value = value << 8 | byte;
  return value;
}

std::uint64_t ByteReader::little_endian(std::size_t count) {
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const std::uint8_t byte : take(count)) {
    value |= std::uint64_t{byte} << shift;
    shift += 8;
  }
  return value;
}

std::uint8_t ByteReader::u8() {
  return static_cast<std::uint8_t>(big_endian(1));
}
std::uint16_t ByteReader::u16_be() {
  return static_cast<std::uint16_t>(big_endian(2));
}
std::uint32_t ByteReader::u32_be() {
  return static_cast<std::uint32_t>(big_endian(4));
}
std::uint64_t ByteReader::u64_be() {
  return big_endian(8);
}
std::uint16_t ByteReader::u16_le() {
  return static_cast<std::uint16_t>(little_endian(2));
}
std::uint32_t ByteReader::u32_le() {
  return static_cast<std::uint32_t>(little_endian(4));
}
std::uint64_t ByteReader::u64_le() {
  return little_endian(8);
}

namespace {

void put_big_endian(Bytes& out, std::uint64_t value, unsigned count) {
  for (unsigned i = count; i-- > 0;)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void put_little_endian(Bytes& out, std::uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

ByteWriter& ByteWriter::u8(std::uint8_t value) {
  out_.push_back(value);
  return *this;
}
ByteWriter& ByteWriter::u16_be(std::uint16_t value) {
  put_big_endian(out_, value, 2);
  return *this;
}
ByteWriter& ByteWriter::u32_be(std::uint32_t value) {
  put_big_endian(out_, value, 4);
  return *this;
}
ByteWriter& ByteWriter::u64_be(std::uint64_t value) {
  put_big_endian(out_, value, 8);
  return *this;
}
ByteWriter& ByteWriter::u16_le(std::uint16_t value) {
  put_little_endian(out_, value, 2);
  return *this;
}
ByteWriter& ByteWriter::u32_le(std::uint32_t value) {
  put_little_endian(out_, value, 4);
  return *this;
}
ByteWriter& ByteWriter::u64_le(std::uint64_t value) {
  put_little_endian(out_, value, 8);
  return *this;
}
ByteWriter& ByteWriter::bytes(ByteView run) {
  append(out_, run);
  return *this;
}

bool equal_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

void wipe(MutableByteView secret) {
  volatile std::uint8_t* cursor = secret.data();
  for (std::size_t i = 0; i < secret.size(); ++i)
    cursor[i] = 0;
}

}  // namespace mehr
