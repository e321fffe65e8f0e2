// What every UDP socket here does the same way: receiving through the ring, handing datagrams over,
// and living on until the kernel has let go. Sending is datagram.cc's and datagram_port.cc's.
// Reactor thread only.
#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>

#include "controlplane/reactor/address.h"
#include "controlplane/reactor/fd.h"
#include "controlplane/reactor/loop.h"

namespace mehr::reactor {

class DatagramCore : public Completer, public std::enable_shared_from_this<DatagramCore> {
 public:
  DatagramCore(std::shared_ptr<Loop> loop, Fd fd);

  /// Starts receiving; called once.
  void arm();
  /// Nobody listens any more: no call to received() or idle() comes afterwards.
  void abandon();
  void completed(unsigned tag, const Completion& completion) override;

 protected:
  /// One datagram. The views live until the call returns.
  virtual void received(ByteView data, const std::string& from) = 0;
  /// The socket reported an error, or its turn is over: time to look at the error queue.
  virtual void idle() {}
  /// What defer_to_turn_end() asked for.
  virtual void turn_ended() {}
  void defer_to_turn_end();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool usable() const { return !abandoned_ && !loop_->dead; }
  /// Ancillary data of the datagram being handed over.
  [[nodiscard]] msghdr& message() { return message_; }

 private:
  void prepare();
  void drain();
  void hand_over(std::size_t bytes);

  std::shared_ptr<Loop> loop_;
  Fd fd_;
  Bytes buffer_;
  std::array<std::uint8_t, 64> control_{};
  iovec part_{};
  msghdr message_{};
  SocketAddress from_, last_from_;
  std::string last_from_text_;  ///< most datagrams come from where the last one did
  OperationId operation_;
  bool abandoned_ = false;
};

/// A bound UDP socket.
Result<Fd> bind_udp(const SocketAddress& local);

}  // namespace mehr::reactor
