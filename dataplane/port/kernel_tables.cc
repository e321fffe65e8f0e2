// RTM_GETROUTE, then RTM_GETNEIGH, one question after the other.
#include "dataplane/port/kernel_tables.h"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <utility>

namespace mehr::dataplane {
namespace {

constexpr unsigned kValid =
    NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY;

std::size_t size_of(bool six) {
  return six ? 16 : 4;
}

/// The payload of attribute `type` of a message whose own header has `header` bytes, when it has
/// exactly `size`; nullptr otherwise.
const std::uint8_t* attribute(const nlmsghdr* message, std::size_t header, std::uint16_t type,
                              std::size_t size) {
  const auto* each = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, header));
  const auto end = reinterpret_cast<std::uintptr_t>(mnl_nlmsg_get_payload_tail(message));
  while (mnl_attr_ok(each, static_cast<int>(end - reinterpret_cast<std::uintptr_t>(each)))) {
    if (mnl_attr_get_type(each) == type && mnl_attr_get_payload_len(each) == size)
      return static_cast<const std::uint8_t*>(mnl_attr_get_payload(each));
    each = mnl_attr_next(each);
  }
  return nullptr;
}

KernelTables::Address address_from(const std::uint8_t* bytes, bool six) {
  KernelTables::Address out{};
  std::copy_n(bytes, size_of(six), out.begin());
  return out;
}

/// Room for one request, aligned as netlink wants it.
struct Request {
  alignas(nlmsghdr) std::array<char, 256> bytes{};
  nlmsghdr* head = mnl_nlmsg_put_header(bytes.data());
  template <typename Body>
  Body* body() {
    return static_cast<Body*>(mnl_nlmsg_put_extra_header(head, sizeof(Body)));
  }
};

}  // namespace

struct KernelTables::Route {
  Address local{}, next{};
};

Result<KernelTables> KernelTables::open() {
  mnl_socket* ask = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  mnl_socket* changes = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
  constexpr unsigned kGroups = RTMGRP_NEIGH | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_LINK;
  if (ask == nullptr || changes == nullptr || mnl_socket_bind(ask, 0, MNL_SOCKET_AUTOPID) != 0 ||
      mnl_socket_bind(changes, kGroups, MNL_SOCKET_AUTOPID) != 0) {
    if (ask != nullptr) mnl_socket_close(ask);
    if (changes != nullptr) mnl_socket_close(changes);
    return absl::UnavailableError("the kernel's routes cannot be read over netlink");
  }
  return KernelTables(ask, changes);
}

KernelTables::KernelTables(KernelTables&& from) noexcept
    : ask_(std::exchange(from.ask_, nullptr)), changes_(std::exchange(from.changes_, nullptr)) {}

KernelTables::~KernelTables() {
  if (ask_ != nullptr) mnl_socket_close(ask_);
  if (changes_ != nullptr) mnl_socket_close(changes_);
}

int KernelTables::descriptor() const {
  return mnl_socket_get_fd(changes_);
}

bool KernelTables::changed() {
  std::array<char, 16'384> buffer;
  bool any = false;
  // ENOBUFS: more changed than fits, which is a change too.
  for (ssize_t got = 1; got > 0 || errno == ENOBUFS; any = true) {
    got = mnl_socket_recvfrom(changes_, buffer.data(), buffer.size());
    if (got <= 0 && errno != ENOBUFS) break;
  }
  return any;
}

template <typename Each>
bool KernelTables::talk(const void* request, Each each) {
  auto* head = static_cast<nlmsghdr*>(const_cast<void*>(request));
  head->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(ask_, head, head->nlmsg_len) < 0) return false;
  alignas(nlmsghdr) std::array<char, 16'384> buffer;
  for (;;) {
    const ssize_t got = mnl_socket_recvfrom(ask_, buffer.data(), buffer.size());
    if (got <= 0) return false;
    int left = static_cast<int>(got);
    const void* at = buffer.data();
    for (const auto* answer = static_cast<const nlmsghdr*>(at); mnl_nlmsg_ok(answer, left);
         answer = mnl_nlmsg_next(answer, &left)) {
      if (answer->nlmsg_seq != sequence_) continue;
      if (answer->nlmsg_type == NLMSG_ERROR) {
        return static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(answer))->error == 0;
      }
      each(answer);
      if ((head->nlmsg_flags & NLM_F_ACK) == 0) return true;
    }
  }
}

std::optional<KernelTables::Route> KernelTables::route(int interface, const Address& to, bool six) {
  Request request;
  request.head->nlmsg_type = RTM_GETROUTE;
  request.head->nlmsg_flags = NLM_F_REQUEST;
  auto* body = request.body<rtmsg>();
  body->rtm_family = six ? AF_INET6 : AF_INET;
  body->rtm_dst_len = static_cast<unsigned char>(size_of(six) * 8);
  mnl_attr_put(request.head, RTA_DST, size_of(six), to.data());
  mnl_attr_put_u32(request.head, RTA_OIF, static_cast<std::uint32_t>(interface));
  std::optional<Route> found;
  talk(request.head, [&](const nlmsghdr* answer) {
    if (answer->nlmsg_type != RTM_NEWROUTE) return;
    const auto* got = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(answer));
    if (got->rtm_type != RTN_UNICAST) return;
    Route route;
    route.next = to;
    if (const auto* gateway = attribute(answer, sizeof(rtmsg), RTA_GATEWAY, size_of(six)))
      route.next = address_from(gateway, six);
    if (const auto* local = attribute(answer, sizeof(rtmsg), RTA_PREFSRC, size_of(six)))
      route.local = address_from(local, six);
    found = route;
  });
  return found;
}

std::optional<KernelTables::Mac> KernelTables::neighbour(int interface, const Address& to,
                                                         bool six) {
  Request request;
  request.head->nlmsg_type = RTM_GETNEIGH;
  request.head->nlmsg_flags = NLM_F_REQUEST;
  auto* body = request.body<ndmsg>();
  body->ndm_family = six ? AF_INET6 : AF_INET;
  body->ndm_ifindex = interface;
  mnl_attr_put(request.head, NDA_DST, size_of(six), to.data());
  std::optional<Mac> found;
  talk(request.head, [&](const nlmsghdr* answer) {
    if (answer->nlmsg_type != RTM_NEWNEIGH) return;
    const auto* got = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(answer));
    const auto* address = attribute(answer, sizeof(ndmsg), NDA_LLADDR, 6);
    if (address == nullptr || (got->ndm_state & kValid) == 0) return;
    Mac mac;
    std::copy_n(address, mac.size(), mac.begin());
    found = mac;
  });
  return found;
}

void KernelTables::make_it_ask(int interface, const Address& to, bool six) {
  Request request;
  request.head->nlmsg_type = RTM_NEWNEIGH;
  request.head->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK;
  auto* body = request.body<ndmsg>();
  body->ndm_family = six ? AF_INET6 : AF_INET;
  body->ndm_ifindex = interface;
  body->ndm_flags = NTF_USE;  // as if a packet were waiting for it
  mnl_attr_put(request.head, NDA_DST, size_of(six), to.data());
  talk(request.head, [](const nlmsghdr*) {});
}

std::optional<KernelTables::Way> KernelTables::find(int interface, const Address& to, bool six) {
  const auto way = route(interface, to, six);
  if (!way) return std::nullopt;
  // Nobody but us uses the entry, so it is on us to keep it fresh.
  make_it_ask(interface, way->next, six);
  const auto mac = neighbour(interface, way->next, six);
  if (!mac) return std::nullopt;
  return Way{way->local, *mac};
}

}  // namespace mehr::dataplane
