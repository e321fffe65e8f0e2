// Many messages through a fixed number of lanes: each lane hashes one, block by block, and takes
// the next one when it is done, so that mixed sizes keep the lanes full. Owns the order of work;
// the arithmetic is the Engine's. Any thread; pure, on the caller's stack.
#pragma once

#include "core/crypto/sha2/blocks.h"

namespace mehr::crypto::sha2 {
namespace {

/// Which message goes next: the longest first, so that the lanes run dry at about the same time.
class Order {
 public:
  Order(const Message* messages, std::size_t count) {
    std::uint8_t of[kMost];
    std::uint8_t starts[kClasses + 1] = {};
    bool mixed = false;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t blocks =
          (messages[i].first_size + messages[i].second_size + kPadding - 1) / kBlock;
      of[i] = static_cast<std::uint8_t>(kClasses - 1 - (blocks < kClasses ? blocks : kClasses - 1));
      mixed |= of[i] != of[0];
      ++starts[of[i] + 1];
      index_[i] = static_cast<std::uint8_t>(i);
    }
    if (!mixed) return;
    for (std::uint32_t i = 1; i <= kClasses; ++i)
      starts[i] = static_cast<std::uint8_t>(starts[i] + starts[i - 1]);
    for (std::size_t i = 0; i < count; ++i)
      index_[starts[of[i]]++] = static_cast<std::uint8_t>(i);
  }
  [[nodiscard]] std::size_t operator[](std::size_t place) const { return index_[place]; }

 private:
  static constexpr std::uint32_t kClasses = 32;  ///< by blocks; the rest is one class
  std::uint8_t index_[kMost];
};

/// @tparam Engine kLanes; State; reset(State&, lanes); compress(State&, blocks);
///         digests(const State&, out[kLanes][32]); words(const State&, lane, out[8])
template <typename Engine>
class Lanes {
 public:
  static constexpr unsigned kLanes = Engine::kLanes;

  void run(const Message* messages, std::uint8_t* out, std::size_t count, Finish finish,
           unsigned few) {
    if (count <= few) {
      Stream streams[kMost];
      for (std::size_t i = 0; i < count; ++i)
        streams[i] = stream_of(messages[i], out + 32 * i);
      finish(streams, count);
      return;
    }
    const Order order(messages, count);
    std::size_t next = 0;
    std::uint32_t busy = 0;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      blocks_[lane] = stage_[lane];
      if (next == count) continue;
      take(lane, messages, out, order[next++]);
      busy |= 1u << lane;
    }
    Engine::reset(state_, ~0u);
    while (next < count || static_cast<unsigned>(__builtin_popcount(busy)) > few) {
      const std::uint32_t done = advance(busy);
      if (done == 0) continue;
      deliver(done);
      Engine::reset(state_, done);
      for (std::uint32_t left = done; left != 0; left &= left - 1) {
        const auto lane = static_cast<unsigned>(__builtin_ctz(left));
        if (next < count) {
          take(lane, messages, out, order[next++]);
        } else {
          busy &= ~(1u << lane);
        }
      }
    }
    hand_over(busy, finish);
  }

 private:
  void take(unsigned lane, const Message* messages, std::uint8_t* out, std::size_t message) {
    cursors_[lane] = cursor_of(messages[message]);
    outs_[lane] = out + 32 * message;
  }

  /// One block of every lane. @return the lanes whose message ended with it
  std::uint32_t advance(std::uint32_t busy) {
    std::uint32_t done = 0;
    for (std::uint32_t left = busy; left != 0; left &= left - 1) {
      const auto lane = static_cast<unsigned>(__builtin_ctz(left));
      blocks_[lane] = next_block(cursors_[lane], stage_[lane]);
      done |= static_cast<std::uint32_t>(cursors_[lane].blocks == 0) << lane;
    }
    // Idle lanes hash what they hashed before: any bytes that are still there, and nobody asks.
    for (std::uint32_t left = ~busy & ((1u << kLanes) - 1); left != 0; left &= left - 1) {
      const auto lane = static_cast<unsigned>(__builtin_ctz(left));
      blocks_[lane] = stage_[lane];
    }
    Engine::compress(state_, blocks_);
    return done;
  }

  void deliver(std::uint32_t done) {
    alignas(64) std::uint8_t digests[kLanes][32];
    Engine::digests(state_, digests);
    for (std::uint32_t left = done; left != 0; left &= left - 1) {
      const auto lane = static_cast<unsigned>(__builtin_ctz(left));
      std::memcpy(outs_[lane], digests[lane], 32);
    }
  }

  void hand_over(std::uint32_t busy, Finish finish) {
    Stream streams[kLanes];
    std::size_t count = 0;
    for (std::uint32_t left = busy; left != 0; left &= left - 1) {
      const auto lane = static_cast<unsigned>(__builtin_ctz(left));
      Stream& stream = streams[count++];
      stream.cursor = cursors_[lane];
      stream.out = outs_[lane];
      Engine::words(state_, lane, stream.state);
    }
    if (count > 0) finish(streams, count);
  }

  typename Engine::State state_;
  alignas(64) std::uint8_t stage_[kLanes][kBlock] = {};
  const std::uint8_t* blocks_[kLanes];
  Cursor cursors_[kLanes];
  std::uint8_t* outs_[kLanes];
};

}  // namespace
}  // namespace mehr::crypto::sha2
