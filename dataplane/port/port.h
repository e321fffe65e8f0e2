// Ports: whatever DPDK drives, as bursts of frames. Owns the mapping between mbufs and frames and
// nothing of what is in them. One queue a worker; each worker its own Port object.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "dataplane/port/frame_port.h"

struct rte_mempool;

namespace mehr::dataplane {

/// Buffers of one process, in DPDK memory.
class MbufPool final : public BufferPool {
 public:
  /// @param count buffers @param room bytes of each after its headroom
  static Result<std::unique_ptr<MbufPool>> make(unsigned count, std::uint32_t room);
  ~MbufPool() override;
  MbufPool(const MbufPool&) = delete;
  MbufPool& operator=(const MbufPool&) = delete;

  bool take(std::span<Frame> frames) override;
  void give_back(std::span<void* const> buffers) override;
  [[nodiscard]] std::uint32_t room() const override { return room_; }
  [[nodiscard]] rte_mempool* memory() const { return pool_; }
  [[nodiscard]] unsigned in_use() const;

 private:
  MbufPool(rte_mempool* pool, std::uint32_t room) : pool_(pool), room_(room) {}
  rte_mempool* pool_;
  std::uint32_t room_;
};

struct PortStats {
  std::uint64_t received = 0, received_bytes = 0, sent = 0, sent_bytes = 0;
  std::uint64_t missed = 0;    ///< the device dropped: we were too slow
  std::uint64_t unusable = 0;  ///< received in several pieces
};

class Port final : public FramePort {
 public:
  /// Configures and starts the device. @param device as it was given to start_eal(): its name, and
  /// behind a comma what DPDK was told of it @param queues one per worker
  static Result<std::unique_ptr<Port>> open(const std::string& device, MbufPool& pool,
                                            std::uint16_t queues, std::uint32_t mtu);
  ~Port() override;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::array<std::uint8_t, 6> address() const;
  [[nodiscard]] std::uint16_t number() const { return number_; }
  [[nodiscard]] std::uint16_t mtu() const;
  /// Of the network device it takes its frames from, for net_af_packet and net_af_xdp; else 0.
  [[nodiscard]] int interface_index() const { return interface_index_; }
  std::size_t receive(std::uint16_t queue, std::span<Frame> frames) override;
  std::size_t send(std::uint16_t queue, std::span<Frame> frames) override;
  bool arm(std::uint16_t queue) override;
  void disarm(std::uint16_t queue) override;
  /// Any thread.
  [[nodiscard]] PortStats stats() const;

 private:
  Port(std::string name, std::uint16_t number) : name_(std::move(name)), number_(number) {}
  std::string name_;
  std::uint16_t number_;
  int interface_index_ = 0;
  std::vector<bool> watched_;               ///< by queue: this thread's sleep knows it
  std::atomic<std::uint64_t> unusable_{0};  ///< written by one worker
};

/// Until an armed port has a frame, or so long. The thread that armed them.
void sleep_until_arrival(std::chrono::milliseconds longest);

}  // namespace mehr::dataplane
