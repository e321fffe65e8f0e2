// Radios and air together, in order of time: hosts' bytes in, hosts' bytes and finished frames out.
// Drives every device's contention and timers. Knows no clock, pty or file; the tool's main loop
// and the tests call it with their idea of time. One owner, any thread. The same seed, calls and
// times give the same frames.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "tools/mehr-radio/channel.h"
#include "tools/mehr-radio/rnode_device.h"

namespace mehr::mehr_radio {

/// What became of a node's frames and what it heard, since the start.
struct NodeTotals {
  std::uint64_t frames_sent = 0, bytes_sent = 0;
  Duration airtime{};
  std::uint64_t frames_received = 0;
  std::array<std::uint64_t, kLostReasons> frames_lost{};  ///< at this receiver, by Lost
};

/// Told of every frame when it has left the air.
class FrameListener {
 public:
  virtual ~FrameListener() = default;
  virtual void frame_ended(const Frame& frame) = 0;
};

class Emulator {
 public:
  /// @param seed decides chance losses, contention and sequence nibbles
  /// @param listener may be null
  Emulator(std::uint64_t seed, FrameListener* listener);

  /// Adds a radio without power.
  NodeId add_node(std::string name);
  [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }
  [[nodiscard]] const std::string& name(NodeId node) const { return nodes_[node].name; }
  [[nodiscard]] std::optional<NodeId> find(std::string_view name) const;

  void plug(NodeId node, Time now);
  /// Takes power: a frame it is sending is cut off.
  void unplug(NodeId node, Time now);
  void from_host(NodeId node, ByteView bytes, Time now);
  Bytes take_output(NodeId node) { return nodes_[node].device.take_output(); }

  /// Lets everything happen that is due until `now`. Time never goes back.
  void advance(Time now);
  /// When advance() has something to do next; nullopt when all is quiet.
  [[nodiscard]] std::optional<Time> next_event() const;

  [[nodiscard]] Channel& channel() { return channel_; }
  [[nodiscard]] const Channel& channel() const { return channel_; }
  [[nodiscard]] const RnodeDevice& device(NodeId node) const { return nodes_[node].device; }
  [[nodiscard]] const NodeTotals& totals(NodeId node) const { return nodes_[node].totals; }

 private:
  struct Node {
    Node(std::string node_name, Random& random) : name(std::move(node_name)), device(random) {}
    std::string name;
    RnodeDevice device;
    NodeTotals totals;
    Time next_poll{};
  };

  void end_frame();
  void poll(NodeId node);
  void run_timers(NodeId node);
  void retune(NodeId node);
  [[nodiscard]] Time poll_time(const Node& node) const { return std::max(node.next_poll, clock_); }

  SeededRandom chance_;
  SeededRandom device_random_;
  FrameListener* listener_;
  Channel channel_;
  std::deque<Node> nodes_;  // a deque, because devices hold references and must not move
  Time clock_{};
};

}  // namespace mehr::mehr_radio
