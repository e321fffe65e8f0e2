// What all byte streams have in common: the bounded outgoing queue, the order of callbacks, and the
// guarantee that none comes after the handle is gone. How bytes reach the kernel is left to
// SocketStream here and to the tty stream in serial.cc. Reactor thread only.
#pragma once

#include <memory>
#include <string>

#include "controlplane/reactor/fd.h"
#include "controlplane/reactor/loop.h"
#include "controlplane/reactor/reactor.h"

namespace mehr::reactor {

class StreamCore : public Completer, public std::enable_shared_from_this<StreamCore> {
 public:
  StreamCore(std::shared_ptr<Loop> loop, Fd fd, std::string peer);
  ~StreamCore() override;

  // For the handle.
  void start(Stream::Events events);
  bool write(ByteView data);
  void finish();
  void abandon();  ///< the handle is gone
  [[nodiscard]] std::size_t queued_bytes() const;
  void set_queue_limit(std::size_t bytes) { limit_ = bytes; }
  void share_queue_memory() { shares_ = true; }
  [[nodiscard]] const std::string& peer() const { return peer_; }

  void completed(unsigned tag, const Completion& completion) final;

 protected:
  // Kinds of stream implement these; tags kFlush and kExpired are taken.
  virtual void arm_read() = 0;
  /// Sends some of `data`, which stays unchanged until wrote() or end().
  virtual void arm_write(ByteView data) = 0;
  /// Hands the kernel what it takes at once, without waiting; asked only while no write is armed.
  /// @return bytes taken; 0 also on errors, which the next armed write will meet
  virtual std::size_t send_at_once(ByteView) { return 0; }
  /// Tells the other side that nothing more will come.
  virtual void shut_write() = 0;
  /// Cancels what is in flight and hangs up; the descriptor closes with the last reference.
  virtual void hang_up() = 0;
  virtual void kind_completed(unsigned tag, const Completion& completion) = 0;

  // Kinds of stream call these.
  void received(ByteView data);
  void wrote(std::size_t bytes);
  /// The stream is over; `closed` is reported once, nothing follows.
  void end(const Status& status);
  [[nodiscard]] bool over() const { return ended_ || abandoned_ || loop_->dead; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Loop& loop() { return *loop_; }

  static constexpr unsigned kFirstKindTag = 8;

 private:
  enum Tag : unsigned { kFlush };
  template <typename Call>
  void call_out(Call call);
  /// @param taken of waiting_, by the kernel already
  void flush(std::size_t taken = 0);
  void flush_early();
  [[nodiscard]] bool fits(std::size_t bytes) const;
  void count(std::size_t queued);
  void note_sent(std::size_t bytes);
  void finish_when_drained();

  std::shared_ptr<Loop> loop_;
  Fd fd_;
  std::string peer_;
  Stream::Events events_;
  Bytes waiting_, sending_;  ///< written since the last flush; in the kernel's hands
  std::size_t sent_ = 0;     ///< of sending_
  std::size_t limit_ = std::size_t{1} << 20U;
  std::size_t window_sent_ = 0, last_window_sent_ = 0;  ///< bytes the kernel took
  Time window_;                                         ///< since when
  std::size_t counted_ = 0;                             ///< in loop_->shared_bytes
  bool shares_ = false;
  bool started_ = false, flush_due_ = false, write_armed_ = false;
  bool finishing_ = false, shut_ = false, ended_ = false, abandoned_ = false;
  int calling_ = 0;  ///< depth of callbacks under way: events_ must stay
  TimerId linger_;
};

/// TCP and Unix streams.
std::unique_ptr<Stream> make_socket_stream(std::shared_ptr<Loop> loop, Fd fd, std::string peer,
                                           std::optional<PeerUser> peer_user);
/// Wraps a core whose kind is already made.
std::unique_ptr<Stream> make_stream_handle(std::shared_ptr<StreamCore> core,
                                           std::optional<PeerUser> peer_user);
/// No-delay, keep-alive and user timeout on a TCP socket.
void apply_tcp_options(int fd, const TcpOptions& options);

}  // namespace mehr::reactor
