// The three that walk a message of messages.h: one writes, one counts, one reads and checks. They
// have the same functions, so that a layout is said once, in messages.cc, which alone includes
// this. Pure; any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/assert.h"
#include "core/base/bytes.h"

namespace mehr::border {

inline constexpr std::size_t kPortName = 32;  ///< bytes of a port's name, zeroes behind it

/// Appends; checks nothing but what require() is told, which a caller must have right.
class Writer {
 public:
  static constexpr bool kReads = false;
  explicit Writer(Bytes& out) : out_(out) {}
  template <typename T>
  void number(const T& value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
      out_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> 8 * i));
  }
  void flag(const bool& value) { out_.push_back(value ? 1 : 0); }
  void run(ByteView bytes) { append(out_, bytes); }
  void zeroes(std::size_t count) { out_.insert(out_.end(), count, std::uint8_t{0}); }
  void rest(ByteView bytes) { append(out_, bytes); }
  void name(const std::string& text) {
    run(as_bytes(text));
    zeroes(kPortName - text.size());
  }
  template <typename Row>
  void count_of(const std::vector<Row>&, std::size_t) {}
  void require(bool holds) { MEHR_ASSERT(holds); }

 private:
  Bytes& out_;
};

/// How many bytes that would be.
class Sizer {
 public:
  static constexpr bool kReads = false;
  template <typename T>
  void number(const T&) {
    size += sizeof(T);
  }
  void flag(const bool&) { ++size; }
  void run(ByteView bytes) { size += bytes.size(); }
  void zeroes(std::size_t count) { size += count; }
  void rest(ByteView bytes) { size += bytes.size(); }
  void name(const std::string& text) {
    MEHR_ASSERT(text.size() < kPortName);
    size += kPortName;
  }
  template <typename Row>
  void count_of(const std::vector<Row>&, std::size_t) {}
  void require(bool) {}
  std::size_t size = 0;
};

/// Reads a body from a peer that may be damaged; `good` at the end says whether to believe it.
class Reader {
 public:
  static constexpr bool kReads = true;
  explicit Reader(ByteView body) : in_(body) {}
  template <typename T>
  void number(T& value) {
    std::uint64_t got = 0;
    const ByteView bytes = in_.take(sizeof(T));
    for (std::size_t i = 0; i < bytes.size(); ++i)
      got |= std::uint64_t{bytes[i]} << 8 * i;
    value = static_cast<T>(got);
  }
  void flag(bool& value) {
    const std::uint8_t byte = in_.u8();
    require(byte <= 1);
    value = byte == 1;
  }
  void run(MutableByteView bytes) {
    const ByteView from = in_.take(bytes.size());
    std::copy(from.begin(), from.end(), bytes.begin());
  }
  void zeroes(std::size_t count) { require(all_zero(in_.take(count))); }
  void rest(ByteView& bytes) { bytes = in_.rest(); }
  void name(std::string& text) {
    const ByteView bytes = in_.take(kPortName);
    const auto end = std::find(bytes.begin(), bytes.end(), 0);
    require(all_zero({end, bytes.end()}));
    text.assign(bytes.begin(), end);
  }
  /// What is left are rows of `size` bytes.
  template <typename Row>
  void count_of(std::vector<Row>& rows, std::size_t size) {
    require(in_.remaining() % size == 0);
    rows.resize(in_.remaining() / size);
  }
  void require(bool holds) { sound_ = sound_ && holds; }
  [[nodiscard]] bool good() const { return sound_ && in_.finished(); }

 private:
  static bool all_zero(ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
  }
  ByteReader in_;
  bool sound_ = true;
};

}  // namespace mehr::border
