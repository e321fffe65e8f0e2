// Byte strings and the fixed-size hashes every other folder speaks in, with bounded readers and
// writers for wire formats. Owns no format of its own. Any thread; everything is a plain value.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mehr {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

/// A fixed-size byte string with value semantics, usable as a key of ordered and Abseil hash maps.
/// @tparam N length in bytes
template <std::size_t N>
struct FixedBytes {
  static constexpr std::size_t kSize = N;
  std::array<std::uint8_t, N> bytes{};

  /// Copies the first N bytes of `from`; nullopt when it is shorter.
  static std::optional<FixedBytes> from(ByteView from) {
    if (from.size() < N) return std::nullopt;
    FixedBytes out;
    std::memcpy(out.bytes.data(), from.data(), N);
    return out;
  }
  [[nodiscard]] ByteView view() const { return {bytes.data(), N}; }
  [[nodiscard]] MutableByteView mutable_view() { return {bytes.data(), N}; }
  [[nodiscard]] bool is_zero() const { return *this == FixedBytes{}; }

  auto operator<=>(const FixedBytes&) const = default;

  template <typename H>
  friend H AbslHashValue(H state, const FixedBytes& value) {
    return H::combine_contiguous(std::move(state), value.bytes.data(), N);
  }
};

/// First 16 bytes of a SHA-256: the size of every Reticulum address.
using Hash16 = FixedBytes<16>;
/// A whole SHA-256.
using Hash32 = FixedBytes<32>;

using DestinationHash = Hash16;   ///< trunc(name hash || identity hash), spec/02 §1
using IdentityHash = Hash16;      ///< trunc(public identity); a transport id is one of these
using LinkId = Hash16;            ///< trunc(hashable part of a link request without signalling)
using NameHash = FixedBytes<10>;  ///< first 10 bytes of SHA-256(full name)
using PublicIdentity = FixedBytes<64>;  ///< X25519 public key || Ed25519 public key
using Signature = FixedBytes<64>;       ///< Ed25519

/// Lower-case hexadecimal of `bytes`.
std::string to_hex(ByteView bytes);
template <std::size_t N>
std::string to_hex(const FixedBytes<N>& value) {
  return to_hex(value.view());
}

/// Parses an even number of hexadecimal digits of either case; nullopt on anything else.
std::optional<Bytes> from_hex(std::string_view text);

/// Parses exactly 2*N hexadecimal digits; nullopt on anything else.
template <std::size_t N>
std::optional<FixedBytes<N>> fixed_from_hex(std::string_view text) {
  if (text.size() != 2 * N) return std::nullopt;
  const auto bytes = from_hex(text);
  if (!bytes) return std::nullopt;
  return FixedBytes<N>::from(*bytes);
}

/// The UTF-8 bytes of `text`, without a copy; valid as long as `text` is.
ByteView as_bytes(std::string_view text);

/// `bytes` as text, copied; no check that it is UTF-8.
std::string as_text(ByteView bytes);

/// Appends `tail` to `out`.
inline void append(Bytes& out, ByteView tail) {
  out.insert(out.end(), tail.begin(), tail.end());
}

/// Concatenates byte strings in order.
Bytes concat(std::initializer_list<ByteView> parts);

inline Bytes to_bytes(ByteView view) {
  return {view.begin(), view.end()};
}

/// Reads big- and little-endian integers and byte runs from the front of a view. Every read checks
/// the remaining length; the first that does not fit sets `failed()` and all later ones return
/// zeroes or empty views, so a parser may read everything and check once.
class ByteReader {
 public:
  explicit ByteReader(ByteView data) : data_(data) {}

  std::uint8_t u8();
  std::uint16_t u16_be();
  std::uint32_t u32_be();
  std::uint64_t u64_be();
  std::uint16_t u16_le();
  std::uint32_t u32_le();
  std::uint64_t u64_le();
  /// The next `count` bytes, empty (and failed) if fewer are left.
  ByteView take(std::size_t count);
  /// Everything that is left.
  ByteView rest();
  template <std::size_t N>
  FixedBytes<N> fixed() {
    FixedBytes<N> out;
    const ByteView run = take(N);
    if (run.size() == N) std::memcpy(out.bytes.data(), run.data(), N);
    return out;
  }

  [[nodiscard]] std::size_t remaining() const { return data_.size(); }
  [[nodiscard]] bool failed() const { return failed_; }
  /// True when nothing failed and nothing is left over.
  [[nodiscard]] bool finished() const { return !failed_ && data_.empty(); }

 private:
  std::uint64_t big_endian(std::size_t count);
  std::uint64_t little_endian(std::size_t count);

  ByteView data_;
  bool failed_ = false;
};

/// Appends integers and byte runs to an owned buffer.
class ByteWriter {
 public:
  ByteWriter() = default;
  explicit ByteWriter(std::size_t reserve) { out_.reserve(reserve); }

  ByteWriter& u8(std::uint8_t value);
  ByteWriter& u16_be(std::uint16_t value);
  ByteWriter& u32_be(std::uint32_t value);
  ByteWriter& u64_be(std::uint64_t value);
  ByteWriter& u16_le(std::uint16_t value);
  ByteWriter& u32_le(std::uint32_t value);
  ByteWriter& u64_le(std::uint64_t value);
  ByteWriter& bytes(ByteView run);

  [[nodiscard]] const Bytes& written() const { return out_; }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

/// Compares in time that depends only on the lengths; different lengths are unequal.
bool equal_constant_time(ByteView a, ByteView b);

/// Overwrites secret bytes in a way the compiler may not remove.
void wipe(MutableByteView secret);

}  // namespace mehr
