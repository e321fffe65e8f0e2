// Two rings between one writing and one reading thread: of small values, and of runs of bytes. Own
// their memory, taken at construction; no lock, no system call, no allocation afterwards. Between a
// worker and the control thread. Each side keeps its own cache line and looks at the other's only
// when it believes the ring full or empty.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "core/base/assert.h"

namespace mehr::dataplane {

/// @tparam T trivially copyable
template <typename T>
class SlotRing {
 public:
  /// @param slots a power of two
  explicit SlotRing(std::size_t slots) : mask_(slots - 1), slots_(std::make_unique<T[]>(slots)) {
    MEHR_ASSERT(std::has_single_bit(slots));
  }
  /// @return false when it is full
  bool push(const T& value) {
    const std::uint64_t at = written_.load(std::memory_order_relaxed);
    if (at - read_before_ > mask_) {
      read_before_ = read_.load(std::memory_order_acquire);
      if (at - read_before_ > mask_) return false;
    }
    slots_[at & mask_] = value;
    written_.store(at + 1, std::memory_order_release);
    return true;
  }
  /// @return false when it is empty
  bool pop(T& value) {
    const std::uint64_t at = read_.load(std::memory_order_relaxed);
    if (at == written_before_) {
      written_before_ = written_.load(std::memory_order_acquire);
      if (at == written_before_) return false;
    }
    value = slots_[at & mask_];
    read_.store(at + 1, std::memory_order_release);
    return true;
  }

 private:
  std::size_t mask_;
  std::unique_ptr<T[]> slots_;
  alignas(64) std::atomic<std::uint64_t> written_{0};
  std::uint64_t read_before_ = 0;  ///< the writer's last look at the reader
  alignas(64) std::atomic<std::uint64_t> read_{0};
  std::uint64_t written_before_ = 0;  ///< the reader's last look at the writer
};

/// Entries of any size, each in one piece, in the order they were written.
class ByteRing {
 public:
  /// @param bytes a power of two, 4 KiB or more
  explicit ByteRing(std::size_t bytes)
      : size_(bytes), memory_(std::make_unique<std::uint64_t[]>(bytes / 8)) {
    MEHR_ASSERT(std::has_single_bit(bytes) && bytes >= 4'096);
  }

  /// Room for an entry of up to `size` bytes, which is there for the reader after commit().
  /// @return nullptr when there is none now, or the entry is over a quarter of the ring
  std::uint8_t* reserve(std::size_t size) {
    const std::size_t whole = kHead + (size + 7) / 8 * 8;
    if (whole > size_ / 4) return nullptr;
    const std::uint64_t at = written_.load(std::memory_order_relaxed);
    const std::size_t to_end = size_ - (at & (size_ - 1));
    const std::size_t skip = to_end < whole ? to_end : 0;
    if (at + skip + whole - read_before_ > size_) {
      read_before_ = read_.load(std::memory_order_acquire);
      if (at + skip + whole - read_before_ > size_) return nullptr;
    }
    if (skip != 0) put_head(at, kSkip);
    begin_ = at + skip;
    return byte_at(begin_) + kHead;
  }
  /// @param size of what was written, up to what was reserved
  void commit(std::size_t size) {
    put_head(begin_, size);
    written_.store(begin_ + kHead + (size + 7) / 8 * 8, std::memory_order_release);
  }

  /// The oldest entry, until pop(); empty when there is none (no entry is empty).
  std::span<const std::uint8_t> front() {
    std::uint64_t at = read_.load(std::memory_order_relaxed);
    for (;;) {
      if (at == written_before_) {
        written_before_ = written_.load(std::memory_order_acquire);
        if (at == written_before_) return {};
      }
      const std::uint64_t size = head_at(at);
      if (size != kSkip) {
        front_end_ = at + kHead + (size + 7) / 8 * 8;
        return {byte_at(at) + kHead, static_cast<std::size_t>(size)};
      }
      at += size_ - (at & (size_ - 1));
      read_.store(at, std::memory_order_release);
    }
  }
  void pop() { read_.store(front_end_, std::memory_order_release); }

 private:
  static constexpr std::size_t kHead = 8;
  static constexpr std::uint64_t kSkip = ~std::uint64_t{0};
  std::uint8_t* byte_at(std::uint64_t at) {
    return static_cast<std::uint8_t*>(static_cast<void*>(memory_.get())) + (at & (size_ - 1));
  }
  void put_head(std::uint64_t at, std::uint64_t value) { std::memcpy(byte_at(at), &value, kHead); }
  std::uint64_t head_at(std::uint64_t at) {
    std::uint64_t value;
    std::memcpy(&value, byte_at(at), kHead);
    return value;
  }

  std::size_t size_;
  std::unique_ptr<std::uint64_t[]> memory_;
  alignas(64) std::atomic<std::uint64_t> written_{0};
  std::uint64_t read_before_ = 0, begin_ = 0;
  alignas(64) std::atomic<std::uint64_t> read_{0};
  std::uint64_t written_before_ = 0, front_end_ = 0;
};

}  // namespace mehr::dataplane
