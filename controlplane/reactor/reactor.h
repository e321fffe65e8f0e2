// The one thread of the control plane: an io_uring loop with timers, streams, datagrams, serial
// lines, signals and a mailbox for other threads. The only file of the control plane besides the
// store that touches the kernel. Everything but post() belongs to the reactor thread; callbacks run
// there, never inside the call that caused them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/base/time.h"

namespace mehr::reactor {

struct TimerId {
  std::uint64_t value = 0;  ///< 0 = none
};

/// A user of this host at the time of connecting.
struct PeerUser {
  std::uint32_t uid = 0;              ///< effective
  std::vector<std::uint32_t> groups;  ///< effective first, then the supplementary ones
};

/// A connected byte stream: TCP, Unix socket, serial line or pty. Closing the handle (destroying
/// it) drops what is still queued; no callback comes afterwards.
class Stream {
 public:
  struct Events {
    /// The view lives until the call returns.
    std::function<void(ByteView)> data;
    /// End of file or error; called once, last. OK status = orderly end.
    std::function<void(const Status&)> closed;
    /// Optional: everything queued has been handed to the kernel.
    std::function<void()> drained;
  };
  virtual ~Stream() = default;
  /// Starts reading. Call exactly once, before anything is expected to arrive.
  virtual void start(Events events) = 0;
  /// Queues bytes. @return false, queueing nothing, when `limit` (set_queue_limit) would be
  /// exceeded
  virtual bool write(ByteView data) = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  virtual void set_queue_limit(std::size_t bytes) = 0;  ///< default 1 MiB
  /// Beyond its limit this stream may also queue what it sent in the last 0.1 to 0.2 s, as far as
  /// the 64 MiB that such streams share have room (a quarter of what is left): bursts towards a
  /// fast reader pass, a slow one gets nothing old.
  virtual void share_queue_memory() {}
  /// Stops after what is queued has been sent; `closed` follows.
  virtual void finish() = 0;
  /// "192.0.2.1:4242", "[::1]:4242", "unix", "/dev/ttyACM0".
  [[nodiscard]] virtual const std::string& peer() const = 0;
  /// Who is at the other end of a Unix socket, as the kernel vouches; nullopt for other streams.
  [[nodiscard]] virtual const std::optional<PeerUser>& peer_user() const = 0;
};

/// Accepts streams until destroyed.
class Listener {
 public:
  virtual ~Listener() = default;
  /// "127.0.0.1:4242"; with the real port when 0 was asked for.
  [[nodiscard]] virtual const std::string& local_address() const = 0;
};

/// A UDP socket; receives until destroyed.
class DatagramSocket {
 public:
  virtual ~DatagramSocket() = default;
  /// Sends one datagram to the address given at opening; drops it (returns false) when the socket's
  /// queue is full.
  virtual bool send(ByteView data) = 0;
  [[nodiscard]] virtual const std::string& local_address() const = 0;
};

/// A UDP socket that talks to many: hop links. Receives until destroyed.
class DatagramPort {
 public:
  virtual ~DatagramPort() = default;
  enum class Sent : std::uint8_t { kSent, kQueueFull, kTooBig, kNoWay };
  /// @param to numeric "192.0.2.1:4343" or "[2001:db8::1]:4343"; kNoWay when it is not an address
  ///        of the socket's family or the kernel has no route
  virtual Sent send_to(const std::string& to, ByteView data) = 0;
  [[nodiscard]] virtual const std::string& local_address() const = 0;
  /// How long the kernel kept back the datagram that is being handed over; zero when not known.
  [[nodiscard]] virtual Duration waited() const { return {}; }
  /// What arrives through these network devices (by index) is dropped by the kernel; empty: nothing
  /// is.
  virtual void leave_devices(const std::vector<int>&) {}
};

struct DatagramPortEvents {
  /// The view lives until the call returns.
  std::function<void(ByteView, const std::string& from)> received;
  /// The path to that address carries datagrams (UDP payload) of at most `bytes`. Datagrams are
  /// never fragmented; the kernel or a router said so.
  std::function<void(const std::string& to, std::size_t bytes)> path_mtu;
};

/// An address of this host that is good for one network only.
struct LinkLocalAddress {
  std::string device;   ///< "eth0"
  std::string address;  ///< IPv6 as RFC 5952 text, without zone: "fe80::1"
};

/// A network device of this host that is up.
struct NetworkDevice {
  std::string name;
  int index = 0;
  std::array<std::uint8_t, 6> mac{};
  std::vector<std::string> addresses;  ///< IPv4 and IPv6 as text, without zone
};

/// One end of a Unix SOCK_SEQPACKET connection: whole packets either way. Destroying it closes it;
/// no callback comes afterwards.
class PacketStream {
 public:
  struct Events {
    /// The view lives until the call returns; who reads keys out of it may wipe it.
    std::function<void(MutableByteView)> packet;
    /// End or error; called once, last.
    std::function<void(const Status&)> closed;
    /// After send() said kFull: there is room again.
    std::function<void()> writable;
  };
  virtual ~PacketStream() = default;
  enum class Sent : std::uint8_t { kSent, kFull, kGone };
  /// Hands one packet to the kernel, or nothing of it. After kGone `closed` follows.
  virtual Sent send(ByteView packet) = 0;
  /// Process at the other end when it was connected, 0 when not known.
  [[nodiscard]] virtual int peer_process() const = 0;
};

struct TcpOptions {
  bool no_delay = true;
  /// Keep-alive probes after 5 s, every 2 s, 12 times; user timeout 24 s (reticulum-wire §23).
  bool keep_alive = true;
};
struct SerialOptions {
  std::uint32_t baud = 115'200;  ///< 8N1, raw, no flow control; ignored by ptys
};

/// A pseudo terminal made here, to stand in for a device.
struct PseudoTerminal {
  std::unique_ptr<Stream> master;  ///< destroying it unplugs the device
  std::string slave_path;          ///< "/dev/pts/7", for open_serial
};

using AcceptFn = std::function<void(std::unique_ptr<Stream>)>;
using ConnectFn = std::function<void(Result<std::unique_ptr<Stream>>)>;
/// Addresses "192.0.2.1:4343", "[2001:db8::1]:4343", in the order of preference; never empty.
using ResolvedFn = std::function<void(Result<std::vector<std::string>>)>;
using ReceiveFn = std::function<void(ByteView, const std::string& from)>;

class Reactor {
 public:
  static Result<std::unique_ptr<Reactor>> create();
  virtual ~Reactor() = default;

  [[nodiscard]] virtual Time now() const = 0;  ///< CLOCK_BOOTTIME, read once per loop turn
  [[nodiscard]] virtual UnixTime unix_now() const = 0;

  /// Runs until stop(). @return an error only when io_uring itself fails
  virtual Status run() = 0;
  virtual void stop() = 0;

  virtual TimerId at(Time when, std::function<void()> fire) = 0;
  TimerId after(Duration delay, std::function<void()> fire) {
    return at(now() + delay, std::move(fire));
  }
  /// Harmless for timers that fired or id 0.
  virtual void cancel(TimerId timer) = 0;

  /// Runs `task` on the reactor thread soon. Any thread.
  virtual void post(std::function<void()> task) = 0;

  /// Blocks the signal for the process and calls `fire` when it arrives.
  virtual Status on_signal(int signal_number, std::function<void()> fire) = 0;

  /// @param host numeric IPv4 or IPv6 address; "0.0.0.0" and "::" listen everywhere
  virtual Result<std::unique_ptr<Listener>> listen_tcp(const std::string& host, std::uint16_t port,
                                                       TcpOptions options, AcceptFn accept) = 0;
  /// A stale socket file is replaced, a live one is an error. @param path with "@" first: a name
  /// in the abstract space, without file and mode @param mode file mode, e.g. 0660
  virtual Result<std::unique_ptr<Listener>> listen_unix(const std::string& path, unsigned mode,
                                                        AcceptFn accept) = 0;
  /// Resolves (on a helper thread) and connects; `done` is called once. Destroy the returned handle
  /// to give up.
  virtual std::shared_ptr<void> connect_tcp(const std::string& host, std::uint16_t port,
                                            TcpOptions options, Duration timeout,
                                            ConnectFn done) = 0;
  /// @param path a tty, a pty or a symlink to one (/dev/serial/by-id/...)
  virtual Result<std::unique_ptr<Stream>> open_serial(const std::string& path,
                                                      SerialOptions options) = 0;
  /// Makes a pty whose master is a stream that survives times without anybody on the other end.
  virtual Result<PseudoTerminal> open_pty() = 0;
  /// @param remote_host empty: receive only. Broadcast addresses are allowed.
  virtual Result<std::unique_ptr<DatagramSocket>> open_udp(const std::string& local_host,
                                                           std::uint16_t local_port,
                                                           const std::string& remote_host,
                                                           std::uint16_t remote_port,
                                                           ReceiveFn receive) = 0;
  /// A UDP socket that sends to many addresses, with the don't-fragment bit. On an IPv6 multicast
  /// address with a zone ("ff12::1%eth0") it joins the group, and others may listen there, too.
  virtual Result<std::unique_ptr<DatagramPort>> open_datagram_port(const std::string& local_host,
                                                                   std::uint16_t local_port,
                                                                   DatagramPortEvents events) = 0;
  /// Connects at once or not at all. @param packet_max longer ones end the connection
  virtual Result<std::unique_ptr<PacketStream>> connect_packets(const std::string& path,
                                                                std::size_t packet_max,
                                                                PacketStream::Events events);
  /// A reactor without devices (a simulation) has none.
  [[nodiscard]] virtual std::vector<NetworkDevice> network_devices() const { return {}; }
  /// The address of this host that packets to `to` ("192.0.2.1:4343") leave from, as text; empty
  /// when there is no way.
  [[nodiscard]] virtual std::string address_towards(const std::string&) const { return ""; }
  /// Of the devices that are up. A reactor without devices (a simulation) has none.
  [[nodiscard]] virtual std::vector<LinkLocalAddress> link_local_addresses() const { return {}; }
  /// Looks up a name; `done` is called once. Destroy the returned handle to give up. A reactor
  /// without names (a simulation) answers numeric addresses only.
  virtual std::shared_ptr<void> resolve(const std::string& host, std::uint16_t port,
                                        ResolvedFn done);
};

/// The kernel's random source (getrandom).
class SystemRandom final : public Random {
 public:
  void fill(MutableByteView out) override;
};

}  // namespace mehr::reactor
