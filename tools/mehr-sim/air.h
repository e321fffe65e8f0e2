// Radios: emulated RNodes on channels of air (tools/mehr-radio), each plugged into a host as a
// device. Carries bytes between serial lines and devices and lets the air run in virtual time. One
// thread, driven by the engine.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/reactor/reactor.h"
#include "tools/mehr-radio/emulator.h"
#include "tools/mehr-sim/engine.h"

namespace mehr::mehr_sim {

class Air {
 public:
  explicit Air(Engine& engine);
  ~Air();

  /// A channel of its own; radios on different channels never hear each other.
  std::size_t add_channel();
  /// A powered radio that `host` finds at `path`. @return its number on that channel
  mehr_radio::NodeId add_radio(std::size_t channel, HostId host, const std::string& path);
  [[nodiscard]] mehr_radio::Emulator& channel(std::size_t index) {
    return channels_[index]->emulator;
  }
  [[nodiscard]] std::size_t channels() const { return channels_.size(); }
  /// Pulls the plug of every radio of a host, or puts it back.
  void set_plugged(HostId host, bool plugged);
  /// Probability that a frame between any two radios of the channel is lost.
  void set_loss(std::size_t channel, double probability);
  [[nodiscard]] std::vector<HostId> hosts_on(std::size_t channel) const;

  /// For SimReactor. @return NotFound when nothing is plugged in there
  Result<std::unique_ptr<reactor::Stream>> open(HostId host, const std::string& path);

 private:
  struct Channel {
    explicit Channel(std::uint64_t seed) : emulator(seed, nullptr) {}
    mehr_radio::Emulator emulator;
    EventHandle wake = 0;
    Time wake_at = Time::max();
  };
  struct Line;
  struct Radio {
    HostId host = kNobody;
    std::size_t channel = 0;
    mehr_radio::NodeId node = 0;
    bool plugged = true;
    std::weak_ptr<Line> line;
  };
  class SerialStream;

  void pump(std::size_t channel);
  void deliver(Radio& radio, Bytes bytes);

  Engine& engine_;
  SeededRandom random_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::map<std::pair<HostId, std::string>, Radio> radios_;
};

}  // namespace mehr::mehr_sim
