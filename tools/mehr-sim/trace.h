// What happened, event by event: a running hash that tells whether two runs were the same, and the
// last events for the report of a broken invariant. Owned by the engine; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::mehr_sim {

using HostId = std::uint32_t;
inline constexpr HostId kNobody = 0xFFFF'FFFF;

/// What kind of thing happened; the values are part of the trace hash.
enum class EventKind : std::uint8_t {
  kTimer,
  kPost,
  kBoot,
  kDatagram,
  kPathMtu,
  kConnect,
  kAccept,
  kConnected,
  kRefused,
  kData,
  kClosed,
  kSerial,
  kAir,
  kDisk,
  kFault,
  kTraffic,
  kMessage,
  kControl,
};
std::string_view kind_name(EventKind kind);

class Trace {
 public:
  static constexpr std::size_t kTail = 40;

  /// Notes one event. @param at true time of the simulation
  void add(Time at, HostId host, EventKind kind, ByteView bytes);
  /// SHA-256 over (time 8, host 4, kind 1, length 4, bytes) of all events so far, computed block
  /// by block as a chain.
  [[nodiscard]] Hash32 hash() const;
  [[nodiscard]] std::uint64_t events() const { return events_; }
  /// The last events, oldest first, a line each.
  [[nodiscard]] std::string tail() const;
  /// Hears every event as a line of text; slow, for people who look at one seed.
  void set_listener(std::function<void(const std::string&)> listener) {
    listener_ = std::move(listener);
  }

 private:
  struct Line {
    Time at;
    HostId host;
    EventKind kind;
    std::size_t size;
    FixedBytes<24> head;
  };
  static std::string text(const Line& line);

  Bytes block_;
  Hash32 chain_;
  std::uint64_t events_ = 0;
  std::deque<Line> tail_;
  std::function<void(const std::string&)> listener_;
};

}  // namespace mehr::mehr_sim
