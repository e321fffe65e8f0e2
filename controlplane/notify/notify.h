// The readiness protocol of systemd (sd_notify): datagrams like "READY=1" to the socket named by
// $NOTIFY_SOCKET. mehrd sends them, mehr-gateway receives mehrd's and sends its own. Any thread; a
// sender or receiver belongs to one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"

namespace mehr::notify {

/// Sends lines to whoever supervises this process; without a supervisor it does nothing.
class Notifier {
 public:
  /// Reads $NOTIFY_SOCKET and $WATCHDOG_USEC.
  Notifier();
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// @param lines "READY=1\nSTATUS=..."; never blocks, a full socket drops it
  void send(std::string_view lines) const;
  /// How often the supervisor wants "WATCHDOG=1" at the latest; nullopt when it does not watch.
  [[nodiscard]] std::optional<Duration> watchdog() const { return watchdog_; }

 private:
  int socket_ = -1;
  std::string address_;
  std::optional<Duration> watchdog_;
};

/// A private socket to hand to a child as $NOTIFY_SOCKET.
class Receiver {
 public:
  static Result<Receiver> open();
  ~Receiver();
  Receiver(Receiver&& other) noexcept;
  Receiver& operator=(Receiver&&) = delete;

  struct Message {
    int sender = 0;     ///< process id as the kernel vouches for it
    std::string lines;  ///< at most 4,096 bytes
  };
  /// The next waiting message, or nullopt; never blocks.
  [[nodiscard]] std::optional<Message> receive() const;
  [[nodiscard]] int descriptor() const { return socket_; }
  /// For $NOTIFY_SOCKET: "@" and an abstract name.
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  Receiver(int socket, std::string address) : socket_(socket), address_(std::move(address)) {}
  int socket_;
  std::string address_;
};

/// Whether `lines` has the line `wanted` ("READY=1").
bool has_line(std::string_view lines, std::string_view wanted);

}  // namespace mehr::notify
