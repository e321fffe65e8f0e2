// UDP on loopback for the flood: many source addresses from one socket, and when the kernel
// received a datagram. Any thread, one socket each.
#pragma once

#include <arpa/inet.h>

#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::bench {

class UdpSocket {
 public:
  /// @param address "127.0.0.1:0"; ends the program when it cannot be bound
  explicit UdpSocket(const std::string& address);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::string address() const;
  void send(const std::string& to, ByteView datagram);
  /// From an address of 127.0.0.0/8 that is not this socket's. @return false: the kernel refused
  bool send_as(in_addr source, const sockaddr_in& to, ByteView datagram);

  struct Datagram {
    std::string from;
    ByteView bytes;   ///< valid until the next receive
    Duration waited;  ///< in the kernel
  };
  /// nullopt when nothing came within `patience`.
  std::optional<Datagram> receive(Duration patience);
  /// Datagrams the kernel threw away because this socket was full.
  [[nodiscard]] std::uint32_t overflowed() const { return overflowed_; }

  static sockaddr_in parse(const std::string& address);

 private:
  int descriptor_ = -1;
  std::uint32_t overflowed_ = 0;
  std::array<std::uint8_t, 65'536> buffer_{};
};

/// Steady time, and CPU time of the calling thread.
Time steady_now();
double thread_cpu_seconds();
/// Resident memory of this process, KiB.
long resident_kib();

}  // namespace mehr::bench
