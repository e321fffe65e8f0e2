// The io_uring instance: starts operations, hands their completions to whoever started them, and
// keeps both the starter and its buffers alive until the kernel is done with them. The only file
// that includes liburing. Knows nothing of streams or timers. Reactor thread only.
#pragma once

#include <cstdint>
#include <memory>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/time.h"

struct msghdr;
struct sockaddr;

namespace mehr::reactor {

/// Names one started operation; stale ones are harmless.
struct OperationId {
  std::uint64_t value = 0;  ///< 0 = none
};

struct Completion {
  int result = 0;     ///< bytes, a file descriptor, poll events, or a negative errno
  bool more = false;  ///< the same operation will complete again
  ByteView data;      ///< receive(): what arrived; lives until the call returns
};

/// Receives completions. The ring holds a reference while any of its operations is in flight.
class Completer {
 public:
  virtual ~Completer() = default;
  /// @param tag the number given when the operation was started
  virtual void completed(unsigned tag, const Completion& completion) = 0;
};

class Ring {
 public:
  /// Fails with a sentence for the operator where the kernel refuses io_uring.
  static Result<std::unique_ptr<Ring>> open();
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Each starts one operation whose completions go to `target` under `tag`. File descriptors must
  // stay open, and buffers unchanged, until the last completion.
  OperationId accept(std::shared_ptr<Completer> target, unsigned tag, int fd);   ///< repeats
  OperationId receive(std::shared_ptr<Completer> target, unsigned tag, int fd);  ///< repeats
  OperationId send(std::shared_ptr<Completer> target, unsigned tag, int fd, ByteView data);
  OperationId connect(std::shared_ptr<Completer> target, unsigned tag, int fd,
                      const sockaddr* address, unsigned address_bytes);
  OperationId receive_message(std::shared_ptr<Completer> target, unsigned tag, int fd,
                              msghdr* message);
  /// @param events POLLIN, POLLOUT, ...
  OperationId poll(std::shared_ptr<Completer> target, unsigned tag, int fd, unsigned events);
  /// Asks the kernel to end the operation; its last completion (usually -ECANCELED) still comes.
  void cancel(OperationId operation);

  /// Submits what was started and waits up to `longest` for a completion.
  /// @return an error only when the kernel refuses the ring itself
  Status wait(Duration longest);
  /// Dispatches the completions that are there, a bounded number of them.
  void complete();
  /// Both.
  Status turn(Duration longest);
  /// Cancels everything and dispatches until nothing is in flight or two seconds have passed.
  void drain();
  [[nodiscard]] std::size_t in_flight() const;

 private:
  struct Impl;
  explicit Ring(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mehr::reactor
