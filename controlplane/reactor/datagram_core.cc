// Receives through the ring into a buffer of its own, then takes what else is waiting directly.
#include "controlplane/reactor/datagram_core.h"

#include <cerrno>
#include <cstring>
#include <optional>

namespace mehr::reactor {
namespace {

constexpr std::size_t kLargestDatagram = 65'535;
/// Datagrams taken in one go before others get their turn.
constexpr int kBurst = 64;
constexpr unsigned kReceive = 0, kTurnEnd = 1;

}  // namespace

DatagramCore::DatagramCore(std::shared_ptr<Loop> loop, Fd fd)
    : loop_(std::move(loop)), fd_(std::move(fd)), buffer_(kLargestDatagram) {}

void DatagramCore::prepare() {
  message_ = {};
  part_ = {buffer_.data(), buffer_.size()};
  message_.msg_iov = &part_;
  message_.msg_iovlen = 1;
  message_.msg_name = from_.get();
  message_.msg_namelen = sizeof from_.storage;
  message_.msg_control = control_.data();
  message_.msg_controllen = control_.size();
}

void DatagramCore::arm() {
  prepare();
  operation_ = loop_->ring->receive_message(shared_from_this(), kReceive, fd_.get(), &message_);
}

void DatagramCore::abandon() {
  abandoned_ = true;
  if (!loop_->dead) loop_->ring->cancel(operation_);
}

void DatagramCore::defer_to_turn_end() {
  loop_->defer(shared_from_this(), kTurnEnd);
}

void DatagramCore::completed(unsigned tag, const Completion& completion) {
  if (!usable()) return;
  const auto self = shared_from_this();
  if (tag == kTurnEnd) {
    turn_ended();
    return;
  }
  if (completion.result >= 0) {
    hand_over(static_cast<std::size_t>(completion.result));
    drain();
  }
  // Errors here are reports of unreachable peers; the socket itself stays usable.
  if (usable()) idle();
  if (usable()) arm();
}

void DatagramCore::drain() {
  for (int left = kBurst; left > 0 && usable(); --left) {
    prepare();
    const auto got = ::recvmsg(fd_.get(), &message_, MSG_DONTWAIT);
    if (got < 0) return;
    hand_over(static_cast<std::size_t>(got));
  }
}

void DatagramCore::hand_over(std::size_t bytes) {
  from_.size = message_.msg_namelen;
  const bool same = from_.size == last_from_.size &&
                    std::memcmp(&from_.storage, &last_from_.storage, from_.size) == 0;
  if (!same || last_from_text_.empty()) {
    last_from_ = from_;
    last_from_text_ = from_.text();
  }
  received(ByteView(buffer_).first(bytes), last_from_text_);
}

namespace {

/// The device of an IPv6 multicast address with a zone.
std::optional<unsigned> group_device(const SocketAddress& local) {
  if (local.family() != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &local.storage, sizeof v6);
  if (!IN6_IS_ADDR_MULTICAST(&v6.sin6_addr) || v6.sin6_scope_id == 0) return std::nullopt;
  return v6.sin6_scope_id;
}

}  // namespace

Result<Fd> bind_udp(const SocketAddress& local) {
  Fd fd(::socket(local.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return absl::UnavailableError(system_error_text("no UDP socket", errno));
  if (const auto device = group_device(local)) {
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    ipv6_mreq join{};
    join.ipv6mr_interface = *device;
    std::memcpy(&join.ipv6mr_multiaddr,
                &reinterpret_cast<const sockaddr_in6*>(local.get())->sin6_addr,
                sizeof join.ipv6mr_multiaddr);
    if (::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_JOIN_GROUP, &join, sizeof join) != 0) {
      return absl::UnavailableError(system_error_text("cannot join " + local.text(), errno));
    }
  }
  if (::bind(fd.get(), local.get(), local.size) != 0) {
    return absl::UnavailableError(system_error_text("cannot listen on " + local.text(), errno));
  }
  return fd;
}

}  // namespace mehr::reactor
