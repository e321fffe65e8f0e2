// A small bounded reader and writer of MessagePack, the encoding inside LXMF messages, resource
// advertisements and link round-trip reports. Keeps strings and binary apart, allocates nothing
// while reading and never trusts a length. Any thread; pure.
// Source: the MessagePack specification; reticulum-wire §14, §18.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/bytes.h"

namespace mehr::wire {

enum class MsgpackKind : std::uint8_t {
  kNil,
  kBool,
  kInteger,
  kFloat,
  kString,
  kBinary,
  kArray,
  kMap,
  kExtension,
  kInvalid,
};

/// Reads values from the front of a view. A read of the wrong kind, or past the end, sets failed()
/// and every later read returns nullopt, so a decoder may check as it goes or once at the end.
class MsgpackReader {
 public:
  explicit MsgpackReader(ByteView data) : data_(data) {}

  /// Kind of the next value, without consuming it; kInvalid at the end or after a failure.
  [[nodiscard]] MsgpackKind peek() const;
  /// Number of elements of an array. Never more than the bytes that are left.
  std::optional<std::size_t> array();
  /// Number of key and value pairs of a map. Never more than half the bytes that are left.
  std::optional<std::size_t> map();
  /// Contents of a binary value or a string.
  std::optional<ByteView> bytes();
  /// Contents of a string only.
  std::optional<ByteView> string();
  /// An integer that is not negative.
  std::optional<std::uint64_t> unsigned_integer();
  /// A float of either width or any integer, as a double.
  std::optional<double> number();
  /// Consumes a nil.
  bool nil();
  /// The encoding of the next whole value, however nested; costs one step a contained value.
  std::optional<ByteView> value();

  [[nodiscard]] std::size_t remaining() const { return data_.size(); }
  [[nodiscard]] bool failed() const { return failed_; }
  /// True when nothing failed and nothing is left over.
  [[nodiscard]] bool finished() const { return !failed_ && data_.empty(); }

 private:
  /// Length and width of a value's header; `length` counts bytes, elements or pairs.
  struct Header {
    MsgpackKind kind = MsgpackKind::kInvalid;
    std::size_t header = 0;
    std::size_t length = 0;
  };
  [[nodiscard]] Header header() const;
  [[nodiscard]] std::size_t big_endian(std::size_t offset, std::size_t count) const;
  std::optional<ByteView> payload(bool binary_allowed);
  bool fail() {
    failed_ = true;
    return false;
  }

  ByteView data_;
  bool failed_ = false;
};

/// Appends values in their shortest form, as the reference implementation does.
class MsgpackWriter {
 public:
  MsgpackWriter& array(std::size_t count);  ///< at most 65,535 elements follow
  MsgpackWriter& map(std::size_t pairs);    ///< at most 65,535 pairs follow
  MsgpackWriter& binary(ByteView data);
  MsgpackWriter& string(std::string_view text);
  MsgpackWriter& unsigned_integer(std::uint64_t value);
  MsgpackWriter& real(double value);  ///< always eight bytes
  MsgpackWriter& nil();
  /// Bytes that are MessagePack already.
  MsgpackWriter& encoded(ByteView value);
  Bytes take() { return out_.take(); }

 private:
  ByteWriter out_;
};

}  // namespace mehr::wire
