// Pseudo terminals that look like serial ports of RNodes, each behind a stable symbolic link. Owns
// the file descriptors and links, not what is said over them. Called by main, one thread.
#pragma once

#include <string>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace mehr::mehr_radio {

/// One port. While no host has it open, what the device says is lost, as on a real cable; a host
/// that opens it never sees bytes from before.
class Pty {
 public:
  Pty() = default;
  ~Pty() { close(); }
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;
  Pty(Pty&& other) noexcept;
  Pty& operator=(Pty&& other) noexcept;

  /// Opens a raw pty and points `link` at it, replacing a link but never a file.
  static Result<Pty> open(const std::string& link);
  /// Hangs up on the host and removes the link.
  void close();

  [[nodiscard]] bool is_open() const { return master_ >= 0; }
  /// For poll(); -1 when closed.
  [[nodiscard]] int descriptor() const { return master_; }
  [[nodiscard]] const std::string& device() const { return device_; }
  [[nodiscard]] const std::string& link() const { return link_; }

  /// Looks whether a host has the port open, forgetting old bytes when one arrives.
  bool host_present();
  /// Everything the host has written; empty when nothing or no host.
  Bytes read();
  /// Hands bytes to the host; what does not fit is kept, up to 64 KiB.
  void write(ByteView bytes);
  /// True while bytes are kept for a host that reads slowly: POLLOUT is wanted.
  [[nodiscard]] bool wants_write() const { return !pending_.empty(); }
  /// Tries kept bytes again.
  void flush();

 private:
  int master_ = -1;
  std::string device_, link_;
  bool present_ = false;
  Bytes pending_;
};

}  // namespace mehr::mehr_radio
