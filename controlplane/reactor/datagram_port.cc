// Don't-fragment without the kernel's own memory of path MTUs (IP_PMTUDISC_PROBE): what a router
// reports comes up as an event, and whether to believe it is the caller's business, because such
// reports can be forged. The device's own limit still ends in kTooBig.
#include "controlplane/reactor/datagram_port.h"

#include <linux/errqueue.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include "controlplane/reactor/datagram_core.h"

namespace mehr::reactor {
namespace {

constexpr std::size_t kUdpHeader = 8, kIpv4Header = 20, kIpv6Header = 40;
/// Reports read in one go, and kept until the end of the turn.
constexpr int kReports = 64;
/// Room for a few thousand frames, so that a burst waits rather than vanishes.
constexpr int kSocketBuffer = 4 << 20;

bool is_mapped(const SocketAddress& address) {
  if (address.family() != AF_INET6) return false;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address.storage, sizeof v6);
  return IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
}

/// An IPv4 address as a socket that speaks both families takes it.
SocketAddress mapped(const SocketAddress& address) {
  sockaddr_in v4{};
  std::memcpy(&v4, &address.storage, sizeof v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = v4.sin_port;
  v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xFF;
  std::memcpy(&v6.sin6_addr.s6_addr[12], &v4.sin_addr, sizeof v4.sin_addr);
  SocketAddress out;
  std::memcpy(&out.storage, &v6, sizeof v6);
  out.size = sizeof v6;
  return out;
}

class Port final : public DatagramCore {
 public:
  Port(std::shared_ptr<Loop> loop, Fd fd, int family, DatagramPortEvents events)
      : DatagramCore(std::move(loop), std::move(fd)), family_(family), events_(std::move(events)) {}

  DatagramPort::Sent send_to(const std::string& to, ByteView data) {
    using Sent = DatagramPort::Sent;
    if (!usable() || !find(to)) return Sent::kNoWay;
    for (int tries = 0; tries < 2; ++tries) {
      const auto sent = ::sendto(fd(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                 to_.get(), to_.size);
      if (sent >= 0) return Sent::kSent;
      const int error = errno;
      if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) return Sent::kQueueFull;
      // What routers said of earlier datagrams also ends a send, once: look, and send again.
      read_reports();
      if (error == EMSGSIZE) return Sent::kTooBig;
    }
    return Sent::kNoWay;
  }
  [[nodiscard]] Duration waited() const { return waited_; }

  void leave_devices(const std::vector<int>& devices) {
    if (!usable()) return;
    if (devices.empty()) {
      const int unused = 0;
      ::setsockopt(fd(), SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
      return;
    }
    // Loads the device's index, compares, and ends with "all of it" or "nothing".
    const auto jumps = static_cast<std::uint8_t>(std::min<std::size_t>(devices.size(), 250));
    std::vector<sock_filter> code;
    code.push_back(
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_IFINDEX)});
    for (std::uint8_t i = 0; i < jumps; ++i) {
      code.push_back({BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint8_t>(jumps - i), 0,
                      static_cast<std::uint32_t>(devices[i])});
    }
    code.push_back({BPF_RET | BPF_K, 0, 0, 0xFFFFFFFF});
    code.push_back({BPF_RET | BPF_K, 0, 0, 0});
    const sock_fprog program{static_cast<std::uint16_t>(code.size()), code.data()};
    ::setsockopt(fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  }

 private:
  struct Report {
    std::string to;
    std::size_t bytes;
  };

  bool find(const std::string& to) {
    if (to == to_text_ && !to.empty()) return true;
    auto address = numeric_endpoint(to);
    if (!address.ok()) return false;
    if (family_ == AF_INET6 && address->family() == AF_INET) *address = mapped(*address);
    if (address->family() != family_) return false;
    to_ = *address;
    to_text_ = to;
    return true;
  }

  void received(ByteView data, const std::string& from) override {
    waited_ = time_in_kernel();
    if (events_.received) events_.received(data, from);
  }
  void idle() override { read_reports(); }
  void turn_ended() override {
    for (const Report& report : std::exchange(reports_, {})) {
      if (usable() && events_.path_mtu) events_.path_mtu(report.to, report.bytes);
    }
  }

  Duration time_in_kernel() {
    for (cmsghdr* at = CMSG_FIRSTHDR(&message()); at != nullptr; at = CMSG_NXTHDR(&message(), at)) {
      if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SO_TIMESTAMPNS) continue;
      timespec came{}, now{};
      std::memcpy(&came, CMSG_DATA(at), sizeof came);
      if (::clock_gettime(CLOCK_REALTIME, &now) != 0) break;
      const std::int64_t micros =
          (now.tv_sec - came.tv_sec) * 1'000'000 + (now.tv_nsec - came.tv_nsec) / 1'000;
      // A clock that was set meanwhile says nothing.
      return micros < 0 || micros > 10'000'000 ? Duration::zero() : Duration{micros};
    }
    return Duration::zero();
  }

  void read_reports() {
    for (int left = kReports; left > 0; --left) {
      SocketAddress to;
      std::array<std::uint8_t, 512> control{};
      msghdr report{};
      report.msg_name = to.get();
      report.msg_namelen = sizeof to.storage;
      report.msg_control = control.data();
      report.msg_controllen = control.size();
      if (::recvmsg(fd(), &report, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
      to.size = report.msg_namelen;
      for (cmsghdr* at = CMSG_FIRSTHDR(&report); at != nullptr; at = CMSG_NXTHDR(&report, at)) {
        const bool v4 = at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_RECVERR;
        const bool v6 = at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_RECVERR;
        if (v4 || v6) note(to, CMSG_DATA(at), v4 || is_mapped(to));
      }
    }
  }

  void note(const SocketAddress& to, const unsigned char* data, bool v4) {
    sock_extended_err error{};
    std::memcpy(&error, data, sizeof error);
    const std::size_t headers = (v4 ? kIpv4Header : kIpv6Header) + kUdpHeader;
    if (error.ee_errno != EMSGSIZE || error.ee_info <= headers) return;
    if (reports_.size() >= static_cast<std::size_t>(kReports)) return;
    if (reports_.empty()) defer_to_turn_end();
    reports_.push_back({to.text(), error.ee_info - headers});
  }

  int family_;
  DatagramPortEvents events_;
  SocketAddress to_;
  std::string to_text_;  ///< what to_ was parsed from: most datagrams go where the last one went
  std::vector<Report> reports_;
  Duration waited_{};
};

class Handle final : public DatagramPort {
 public:
  Handle(std::shared_ptr<Port> core, std::string address)
      : core_(std::move(core)), address_(std::move(address)) {}
  ~Handle() override { core_->abandon(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Sent send_to(const std::string& to, ByteView data) override { return core_->send_to(to, data); }
  [[nodiscard]] const std::string& local_address() const override { return address_; }
  [[nodiscard]] Duration waited() const override { return core_->waited(); }
  void leave_devices(const std::vector<int>& devices) override { core_->leave_devices(devices); }

 private:
  std::shared_ptr<Port> core_;
  std::string address_;
};

void set(int fd, int level, int option, int value) {
  // A kernel without one of them still carries datagrams.
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));
}

}  // namespace

Result<std::unique_ptr<DatagramPort>> open_datagram_port(const std::shared_ptr<Loop>& loop,
                                                         const std::string& local_host,
                                                         std::uint16_t local_port,
                                                         DatagramPortEvents events) {
  const auto local = numeric_address(local_host, local_port);
  if (!local.ok()) return local.status();
  auto fd = bind_udp(*local);
  if (!fd.ok()) return fd.status();
  const int family = local->family();
  // A socket of "::" also speaks IPv4 to mapped addresses, so it gets both sets.
  set(fd->get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  set(fd->get(), IPPROTO_IP, IP_RECVERR, 1);
  if (family == AF_INET6) {
    set(fd->get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    set(fd->get(), IPPROTO_IPV6, IPV6_RECVERR, 1);
  }
  set(fd->get(), SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set(fd->get(), SOL_SOCKET, SO_RCVBUF, kSocketBuffer);
  std::string address = local_text(fd->get());
  auto core = std::make_shared<Port>(loop, *std::move(fd), family, std::move(events));
  core->arm();
  return std::make_unique<Handle>(std::move(core), std::move(address));
}

}  // namespace mehr::reactor
