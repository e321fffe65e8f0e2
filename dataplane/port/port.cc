// Between rte_mbuf and Frame. A frame's bytes stay where the device put them.
#include "dataplane/port/port.h"

#include <net/if.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_mbuf.h>

#include <algorithm>

namespace mehr::dataplane {
namespace {

std::string reason(int code) {
  return rte_strerror(code < 0 ? -code : code);
}

void to_frame(rte_mbuf* mbuf, std::uint16_t port, Frame& frame) {
  frame = Frame{};
  frame.data = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  frame.buffer = mbuf;
  frame.size = mbuf->data_len;
  frame.headroom = mbuf->data_off;
  frame.tailroom = rte_pktmbuf_tailroom(mbuf);
  frame.port = port;
}

/// Ports whose frames a network device of the kernel's sends and receives.
int interface_of(const std::string& device) {
  constexpr const char* kKey = ",iface=";
  if (device.rfind("net_af_", 0) != 0) return 0;
  const auto at = device.find(kKey);
  if (at == std::string::npos) return 0;
  const auto begin = at + std::string(kKey).size();
  const std::string name = device.substr(begin, device.find(',', begin) - begin);
  return static_cast<int>(if_nametoindex(name.c_str()));
}

void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

rte_mbuf* to_mbuf(const Frame& frame) {
  auto* mbuf = static_cast<rte_mbuf*>(frame.buffer);
  mbuf->data_off =
      static_cast<std::uint16_t>(frame.data - static_cast<std::uint8_t*>(mbuf->buf_addr));
  mbuf->data_len = static_cast<std::uint16_t>(frame.size);
  mbuf->pkt_len = frame.size;
  return mbuf;
}

}  // namespace

Result<std::unique_ptr<MbufPool>> MbufPool::make(unsigned count, std::uint32_t room) {
  constexpr unsigned kCache = 256;
  const std::uint32_t size = room + kHeadroom;
  if (size > 0xFFFF) return absl::InvalidArgumentError("buffers hold at most 65,407 bytes");
  rte_mempool* pool = rte_pktmbuf_pool_create("mehr", count, count > 2 * kCache ? kCache : 0, 0,
                                              static_cast<std::uint16_t>(size), SOCKET_ID_ANY);
  if (pool == nullptr) {
    return absl::ResourceExhaustedError("no memory for " + std::to_string(count) + " buffers of " +
                                        std::to_string(size) + " bytes (" + reason(rte_errno) +
                                        "): fewer buffers, or more memory for DPDK");
  }
  return std::unique_ptr<MbufPool>(new MbufPool(pool, room));
}

MbufPool::~MbufPool() {
  rte_mempool_free(pool_);
}

bool MbufPool::take(std::span<Frame> frames) {
  std::array<rte_mbuf*, kBurst> mbufs;
  if (frames.size() > mbufs.size() ||
      rte_pktmbuf_alloc_bulk(pool_, mbufs.data(), static_cast<unsigned>(frames.size())) != 0) {
    return false;
  }
  for (std::size_t i = 0; i < frames.size(); ++i)
    to_frame(mbufs[i], 0, frames[i]);
  return true;
}

void MbufPool::give_back(std::span<void* const> buffers) {
  std::array<rte_mbuf*, kBurst> mbufs;
  while (!buffers.empty()) {
    const std::size_t count = std::min(buffers.size(), mbufs.size());
    for (std::size_t i = 0; i < count; ++i)
      mbufs[i] = static_cast<rte_mbuf*>(buffers[i]);
    rte_pktmbuf_free_bulk(mbufs.data(), static_cast<unsigned>(count));
    buffers = buffers.subspan(count);
  }
}

unsigned MbufPool::in_use() const {
  return rte_mempool_in_use_count(pool_);
}

Result<std::unique_ptr<Port>> Port::open(const std::string& device, MbufPool& pool,
                                         std::uint16_t queues, std::uint32_t mtu) {
  const std::string name = device.substr(0, device.find(','));
  std::uint16_t number = 0;
  if (rte_eth_dev_get_port_by_name(name.c_str(), &number) != 0) {
    return absl::NotFoundError("DPDK has no port " + name +
                               ": its reason is in the lines above; packet sockets, AF_XDP and TAP "
                               "need root, a card needs "
                               "vfio-pci, and each the package of its driver (librte-meta-net)");
  }
  std::unique_ptr<Port> port(new Port(name, number));
  port->interface_index_ = interface_of(device);
  rte_eth_dev_info info{};
  if (const int code = rte_eth_dev_info_get(number, &info); code != 0) {
    return absl::UnavailableError(name + " says nothing about itself: " + reason(code));
  }
  rte_eth_conf wanted{};
  wanted.rxmode.mtu = std::clamp<std::uint32_t>(mtu, info.min_mtu, info.max_mtu);
  if (queues > 1) {
    wanted.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    wanted.rx_adv_conf.rss_conf.rss_hf =
        info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
  }
  // Where it can, the device wakes a worker that sleeps.
  wanted.intr_conf.rxq = 1;
  int code = rte_eth_dev_configure(number, queues, queues, &wanted);
  if (code != 0) {
    wanted.intr_conf.rxq = 0;
    code = rte_eth_dev_configure(number, queues, queues, &wanted);
  }
  constexpr auto kAnySocket = static_cast<unsigned>(SOCKET_ID_ANY);
  constexpr std::uint16_t kDescriptors = 1'024;
  std::uint16_t rx = kDescriptors, tx = kDescriptors;
  if (code == 0) rte_eth_dev_adjust_nb_rx_tx_desc(number, &rx, &tx);
  for (std::uint16_t queue = 0; code == 0 && queue < queues; ++queue) {
    code = rte_eth_rx_queue_setup(number, queue, rx, kAnySocket, nullptr, pool.memory());
    if (code == 0) code = rte_eth_tx_queue_setup(number, queue, tx, kAnySocket, nullptr);
  }
  if (code == 0) code = rte_eth_dev_start(number);
  if (code != 0) {
    return absl::UnavailableError(name + " does not start with " + std::to_string(queues) +
                                  " queues and an MTU of " + std::to_string(wanted.rxmode.mtu) +
                                  ": " + reason(code));
  }
  return port;
}

Port::~Port() {
  rte_eth_dev_stop(number_);
  rte_eth_dev_close(number_);
}

std::array<std::uint8_t, 6> Port::address() const {
  rte_ether_addr address{};
  rte_eth_macaddr_get(number_, &address);
  std::array<std::uint8_t, 6> out;
  std::copy(std::begin(address.addr_bytes), std::end(address.addr_bytes), out.begin());
  return out;
}

std::uint16_t Port::mtu() const {
  std::uint16_t out = 0;
  rte_eth_dev_get_mtu(number_, &out);
  return out;
}

std::size_t Port::receive(std::uint16_t queue, std::span<Frame> frames) {
  std::array<rte_mbuf*, kBurst> mbufs;
  const std::size_t room = std::min(frames.size(), mbufs.size());
  const std::size_t got =
      rte_eth_rx_burst(number_, queue, mbufs.data(), static_cast<std::uint16_t>(room));
  std::size_t count = 0;
  for (std::size_t i = 0; i < got; ++i) {
    if (mbufs[i]->nb_segs != 1) {
      add(unusable_, 1);
      rte_pktmbuf_free(mbufs[i]);
      continue;
    }
    rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void*));
    to_frame(mbufs[i], number_, frames[count++]);
  }
  return count;
}

std::size_t Port::send(std::uint16_t queue, std::span<Frame> frames) {
  std::array<rte_mbuf*, kBurst> mbufs;
  std::size_t all = 0;
  while (all < frames.size()) {
    const std::size_t count = std::min(frames.size() - all, mbufs.size());
    for (std::size_t i = 0; i < count; ++i)
      mbufs[i] = to_mbuf(frames[all + i]);
    const std::size_t sent =
        rte_eth_tx_burst(number_, queue, mbufs.data(), static_cast<std::uint16_t>(count));
    all += sent;
    if (sent < count) break;
  }
  return all;
}

bool Port::arm(std::uint16_t queue) {
  watched_.resize(std::max<std::size_t>(watched_.size(), queue + 1U));
  if (!watched_[queue]) {
    if (rte_eth_dev_rx_intr_ctl_q(number_, queue, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
                                  nullptr) != 0) {
      return false;
    }
    watched_[queue] = true;
  }
  // A driver without that call has nothing to switch on: it wakes whenever frames wait (TAP).
  const int code = rte_eth_dev_rx_intr_enable(number_, queue);
  return code == 0 || code == -ENOTSUP;
}

void Port::disarm(std::uint16_t queue) {
  rte_eth_dev_rx_intr_disable(number_, queue);
}

void sleep_until_arrival(std::chrono::milliseconds longest) {
  std::array<rte_epoll_event, 8> events;
  rte_epoll_wait(RTE_EPOLL_PER_THREAD, events.data(), static_cast<int>(events.size()),
                 static_cast<int>(longest.count()));
}

PortStats Port::stats() const {
  rte_eth_stats raw{};
  rte_eth_stats_get(number_, &raw);
  PortStats out;
  out.received = raw.ipackets;
  out.received_bytes = raw.ibytes;
  out.sent = raw.opackets;
  out.sent_bytes = raw.obytes;
  out.missed = raw.imissed + raw.rx_nombuf;
  out.unusable = unusable_.load(std::memory_order_relaxed);
  return out;
}

}  // namespace mehr::dataplane
