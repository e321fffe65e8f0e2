// The air: which frames are in flight, who hears which of them, and why the others are lost. Knows
// nothing of packets, queues or hosts. Called by the emulator; no clock (time is handed in), one
// owner, any thread.
//
// The model, per receiver and frame:
//  * signal = sender's power + path gain; SNR against thermal noise with a 6 dB noise figure.
//    Below the spreading factor's floor the frame is `weak`.
//  * A receiver synchronises during the preamble: it must be tuned to the frame, and not be sending
//    itself, from 6 symbols before the preamble's end until the frame's end (`half_duplex`, or not
//    listed at all when tuned elsewhere or switched off).
//  * An earlier frame that finished its preamble holds the receiver until it ends (`busy`).
//  * Other energy in the same band with the same bandwidth and spreading factor that overlaps the
//    needed part must be at least 6 dB weaker in sum, else `collision`: the capture effect. Other
//    spreading factors are orthogonal. A second frame that starts within the first one's preamble
//    and is 6 dB stronger takes the receiver over.
//  * At last, with the pair's probability, it is lost by `chance`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "tools/mehr-radio/modulation.h"

namespace mehr::mehr_radio {

using NodeId = std::size_t;

inline constexpr std::size_t kMaxNodes = 64;   ///< a table of pairs is kept
inline constexpr double kCaptureDb = 6.0;      ///< measured for LoRa in several papers
inline constexpr int kSynchroniseSymbols = 6;  ///< preamble a receiver needs to lock
inline constexpr int kDetectSymbols = 5;       ///< preamble after which carrier sense is busy
inline constexpr double kDefaultPathGainDb = -100.0;  ///< some hundred metres of town

enum class Lost : std::uint8_t { kWeak, kHalfDuplex, kBusy, kCollision, kChance, kCut };
inline constexpr std::size_t kLostReasons = 6;
/// "weak", "half_duplex", "busy", "collision", "chance", "cut".
std::string_view lost_name(Lost reason);

/// What one receiver made of a frame.
struct Reception {
  NodeId node = 0;
  double rssi_dbm = 0, snr_db = 0;
  std::optional<Lost> lost;  ///< absent: received
};

struct Frame {
  NodeId from = 0;
  Modulation modulation;
  int power_dbm = 0;
  Time start{}, end{};
  Bytes bytes;                        ///< 0 .. 255
  bool cut = false;                   ///< the sender lost power while sending
  std::vector<Reception> receptions;  ///< of every node tuned to it, by node; filled at the end

  [[nodiscard]] Duration airtime() const { return end - start; }
};

class Channel {
 public:
  /// @param random decides losses by chance only; one draw per pair with a loss between 0 and 1
  explicit Channel(Random& random) : random_(random) {}

  /// Adds a switched-off radio. At most kMaxNodes.
  NodeId add_node();
  /// Sets the gain of the path from one node to another, in dB (-100 is typical). One direction.
  void set_path_gain(NodeId from, NodeId to, double db);
  /// Sets the probability 0..1 that a receivable frame is lost. One direction.
  void set_loss(NodeId from, NodeId to, double probability);
  [[nodiscard]] double path_gain(NodeId from, NodeId to) const { return link(from, to).gain_db; }

  /// Tunes a receiver, or switches it off with nullopt; frames under way are then missed.
  void tune(NodeId node, std::optional<Modulation> modulation, Time now);
  /// Starts a frame with the node's modulation; it must be tuned and not sending.
  void begin(NodeId from, int power_dbm, Bytes bytes, Time now);
  /// Ends what the node is sending at once, unreadably: power was lost.
  void cut(NodeId from, Time now);
  /// When the next frame ends; nullopt when the air is quiet.
  [[nodiscard]] std::optional<Time> next_end() const;
  /// Takes the frame that ends next, with what became of it at every receiver.
  Frame finish();

  [[nodiscard]] bool sending(NodeId node) const;
  /// Carrier sense at a node: a foreign frame it can hear, past its first 5 symbols, or energy
  /// 11 dB over the noise.
  [[nodiscard]] bool busy(NodeId node, Time now) const;
  /// Power at a node's antenna in dBm, noise included.
  [[nodiscard]] double rssi_dbm(NodeId node, Time now) const;
  [[nodiscard]] const std::vector<Frame>& on_air() const { return flying_; }

 private:
  struct Link {
    double gain_db = kDefaultPathGainDb;
    double loss = 0;
  };
  struct Receiver {
    std::optional<Modulation> tuned;
    Time since{};
  };

  [[nodiscard]] const Link& link(NodeId from, NodeId to) const { return links_[from][to]; }
  [[nodiscard]] double power_at(const Frame& frame, NodeId node) const;
  [[nodiscard]] static bool listening(const Receiver& receiver, const Frame& frame);
  [[nodiscard]] bool synchronised(NodeId node, const Frame& frame) const;
  [[nodiscard]] std::optional<Lost> fate(NodeId node, const Frame& frame);
  [[nodiscard]] std::optional<Lost> disturbed(NodeId node, const Frame& frame) const;
  void forget_past();

  Random& random_;
  std::vector<Receiver> receivers_;
  std::vector<std::vector<Link>> links_;
  std::vector<Frame> flying_;  ///< by start
  std::vector<Frame> landed_;  ///< ended, but overlapping something still in flight
};

}  // namespace mehr::mehr_radio
