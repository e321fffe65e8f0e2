// Messages on their way to the dataplane: filled into packets, kept while its socket takes none, in
// order. Owns the bound on that. Pure; reactor thread.
#pragma once

#include <deque>
#include <functional>

#include "core/border/messages.h"

namespace mehr::accelerator {

class Outbox {
 public:
  static constexpr std::size_t kPacketsMax = 128;  ///< some 9 MB

  ~Outbox() { clear(); }
  Outbox() = default;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// @return false, nothing kept, when too much waits
  bool add(const border::Down& message);
  /// Hands packets to `send` until it says false or none is left.
  void flush(const std::function<bool(ByteView)>& send);
  /// Full packets that wait for the socket: what is not urgent stays away while there are some.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// Wiped: keys may be in them.
  void clear();

 private:
  void put_away();

  border::PacketBuilder filling_;
  std::deque<Bytes> waiting_;
};

}  // namespace mehr::accelerator
