// The host's side of an RNode as a state machine: bytes and the time in, bytes and events out. Owns
// bring-up, validation, liveness, and the metering of what is sent; knows no device, no router, no
// access code. Called by rnode.cc on the reactor thread, by tests and by the fuzzer.
// Source: reticulum-wire §24.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "controlplane/routing/router.h"
#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/border/counters.h"
#include "core/wire/airtime.h"
#include "core/wire/kiss.h"
#include "core/wire/rnode.h"

namespace mehr::interface {

/// How patient the host is with its radio.
struct RnodeTiming {
  Duration settle{};     ///< after opening: boards that restart when their port opens need it
  Duration detect{};     ///< for the answers to the first questions
  Duration configure{};  ///< for the reports that follow the settings
  Duration partial{};    ///< silence within a frame after which it is forgotten
  Duration keepalive{};  ///< ask after so much silence of either side; 0 = never
  Duration silence{};    ///< give up after so much silence of the radio; 0 = never
};
inline constexpr RnodeTiming kRnodeSerialTiming{2s, 1s, 1s, 100ms, {}, {}};
inline constexpr RnodeTiming kRnodeTcpTiming{100ms, 5s, 3s, 1500ms, 3500ms, 15s};

struct RnodeOptions {
  wire::RnodeParameters parameters;
  RnodeTiming timing = kRnodeSerialTiming;
  /// Send one packet, then wait for any READY frame. Firmware only sends READY when asked, so off
  /// is right for all current radios: the queue is metered by airtime instead.
  bool flow_control = false;
};

/// What the state machine wants or tells. Called from inside its functions; calling back send() is
/// allowed, the others are not.
class RnodeHostSink {
 public:
  virtual ~RnodeHostSink() = default;
  /// Put these bytes on the line.
  virtual void write(ByteView bytes) = 0;
  virtual void packet(ByteView frame, const routing::SignalReport& signal) = 0;
  /// The radio is set up and checked.
  virtual void online() = 0;
  /// Close the line and try again later. Called once, last. @param reason a sentence for operators
  virtual void failed(const std::string& reason) = 0;
};

class RnodeHost {
 public:
  enum class Phase : std::uint8_t { kClosed, kSettling, kDetecting, kConfiguring, kOnline };

  RnodeHost(RnodeOptions options, RnodeHostSink& sink, border::Counters& counters);

  void opened(Time now);
  void receive(ByteView bytes, Time now);
  /// Runs what is due. Late is fine.
  void tick(Time now);
  /// When tick() has work; nullopt while there is nothing to wait for.
  [[nodiscard]] std::optional<Time> next_due() const;
  /// Queues one frame of 1..508 bytes. @return false, keeping nothing, when offline or full
  bool send(ByteView frame, Time now);
  /// Orderly end: writes what makes the radio fall silent, then is closed.
  void shut_down();
  /// The line is gone. @return packets that were still queued and are lost
  std::size_t closed();

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] const wire::RnodeStatus& status() const { return status_; }
  /// Of the last packet that came with a report.
  [[nodiscard]] const routing::SignalReport& last_signal() const { return last_signal_; }
  [[nodiscard]] Duration airtime_sent() const { return airtime_sent_; }
  [[nodiscard]] std::size_t queued_packets() const { return queue_.size(); }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
  [[nodiscard]] std::uint64_t frames_written() const { return frames_written_; }

 private:
  struct InRadio {
    Time done;
    std::size_t bytes;
  };

  void write(ByteView bytes, Time now);
  void fail(std::string reason);
  void handle(const wire::KissFrame& frame, Time now);
  void handle_byte(const wire::RnodeByte& message, Time now);
  void handle_packet(ByteView packet);
  void handle_error(std::uint8_t error, Time now);
  void report_failure();
  [[nodiscard]] Time keepalive_due() const;

  // bring-up (rnode_bring_up.cc)
  void advance(Time now, bool deadline);
  void advance_detection(Time now, bool deadline);
  void advance_configuration(Time now, bool deadline);
  [[nodiscard]] bool everything_reported() const;
  [[nodiscard]] std::string mismatch_text(wire::RnodeMismatch mismatch) const;

  // metering (rnode_metering.cc)
  void pump(Time now);
  [[nodiscard]] std::optional<Time> next_pump() const;
  [[nodiscard]] bool may_send(std::size_t bytes, Time now);
  void account(std::size_t bytes, Time now);
  [[nodiscard]] bool airtime_locked(Time now) const;
  [[nodiscard]] Duration contention() const;

  RnodeOptions options_;
  wire::LoraModulation modulation_;
  RnodeHostSink& sink_;
  border::Counters& counters_;
  wire::KissDecoder decoder_{wire::kRnodeMtu};
  std::uint64_t cut_counted_ = 0;
  Phase phase_ = Phase::kClosed;
  Time deadline_;  ///< of the phase, before kOnline
  Time last_received_, last_written_, last_asked_;
  wire::RnodeStatus status_;
  routing::SignalReport last_signal_;
  std::optional<std::string> failure_;  ///< to be reported once no frame is being handled

  std::deque<Bytes> queue_;
  std::size_t queued_bytes_ = 0;
  std::deque<InRadio> in_radio_;  ///< written and, by our reckoning, not yet sent
  std::size_t in_radio_bytes_ = 0;
  Time hold_until_;
  Time channel_reported_;  ///< when channel statistics last came
  bool ready_ = true;      ///< flow control: a READY came since the last packet
  Duration airtime_sent_{};
  std::uint64_t frames_written_ = 0;
};

}  // namespace mehr::interface
