// One emulated RNode: the firmware's host protocol over its queue, contention and reassembly. Does
// not know the channel or a pty; the emulator carries frames and bytes. Behaves as firmware 1.86 on
// an ESP32 board with an SX1262, including that it does not listen to its host while it sends.
// Time is handed in; pure; one owner, any thread. Source: reticulum-wire §24.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/wire/airtime.h"
#include "core/wire/kiss.h"
#include "core/wire/rnode.h"
#include "tools/mehr-radio/airtime_ledger.h"
#include "tools/mehr-radio/csma.h"
#include "tools/mehr-radio/modulation.h"
#include "tools/mehr-radio/transmit_queue.h"

namespace mehr::mehr_radio {

/// What a device counted since it was made; survives reset and unplugging.
struct DeviceCounters {
  std::uint64_t packets_from_host = 0, packets_to_host = 0, packets_sent = 0;
  std::uint64_t host_bytes_lost = 0;    ///< arrived while booting or beyond the serial buffer
  std::uint64_t output_bytes_lost = 0;  ///< nobody took them in time
};

class RnodeDevice {
 public:
  static constexpr Duration kBootTime = 500ms;      ///< power to first answer
  static constexpr Duration kReportEvery = 1s;      ///< channel statistics
  static constexpr std::uint8_t kMaxPowerDbm = 22;  ///< what an SX1262 can do

  /// @param random sequence nibbles, contention slots
  explicit RnodeDevice(Random& random) : random_(random), queue_(random), csma_(random) {}

  /// Gives power: boots with nothing configured and the radio off.
  void power_on(Time now);
  /// Takes power away: everything but the counters is forgotten.
  void power_off();
  [[nodiscard]] bool powered() const { return powered_; }

  /// Bytes from the host, cut anywhere. Hostile bytes are ignored as the firmware ignores them.
  void from_host(ByteView bytes, Time now);
  /// Takes what the device has written to its host.
  Bytes take_output();

  /// What the receiver is tuned to; nullopt while the radio is off.
  [[nodiscard]] std::optional<Modulation> tuned() const;
  [[nodiscard]] std::uint8_t power_dbm() const { return power_dbm_; }
  /// Whether a packet waits for its turn: poll_air() wants to be called every millisecond.
  [[nodiscard]] bool wants_air() const;
  /// One look at the medium; returns the frame to put on the air when it is this radio's turn.
  std::optional<Bytes> poll_air(bool medium_free, Time now);
  /// The frame under way has ended; returns the one that follows it without contention.
  std::optional<Bytes> frame_done(Duration airtime, Time now);
  /// A frame was received whole.
  void frame_heard(ByteView frame, double rssi_dbm, double snr_db, Time now);
  /// A foreign frame was audible from `start` to `end`, received or not.
  void channel_used(Time start, Time end) { ledger_.heard(start, end); }
  /// What the antenna sees now, for the statistics: signal and noise in dBm.
  void set_environment(double rssi_dbm, double noise_floor_dbm);

  /// When run_timers() is next needed; nullopt without power.
  [[nodiscard]] std::optional<Time> next_timer() const;
  void run_timers(Time now);

  [[nodiscard]] const TransmitQueue& queue() const { return queue_; }
  [[nodiscard]] const AirtimeLedger& ledger() const { return ledger_; }
  [[nodiscard]] const DeviceCounters& counters() const { return counters_; }

 private:
  void handle(const wire::KissFrame& frame, Time now);
  bool configure(wire::RnodeCommand command, ByteView payload);
  void set_airtime_limit(wire::RnodeCommand command, double percent);
  void answer(wire::RnodeCommand command, ByteView payload);
  void switch_radio(std::uint8_t state);
  void radio_changed();
  void listen_to_host(ByteView bytes, Time now);
  void update_airtime(Time now);
  void reply(const wire::RnodeMessage& message);
  void reply_byte(wire::RnodeCommand command, std::uint8_t value);
  void report_physical();

  Random& random_;
  bool powered_ = false;
  std::optional<Time> booted_at_;  ///< while booting: when it is done
  Time next_report_{};
  std::uint64_t reports_ = 0;

  Modulation modulation_;
  std::uint8_t power_dbm_ = wire::kRnodeAsk;  ///< kRnodeAsk: not set yet
  double limit_short_percent_ = 0, limit_long_percent_ = 0;
  bool radio_on_ = false;
  bool promiscuous_ = false;
  bool airtime_locked_ = false;
  bool reset_wanted_ = false;

  bool sending_ = false;
  std::size_t batch_left_ = 0;  ///< packets that follow without contention
  Bytes serial_buffer_;         ///< what the host wrote while the radio was sending
  wire::KissDecoder decoder_{kQueueBytes, wire::KissCommand::kByte, wire::KissDelimiter::kSeparate};
  TransmitQueue queue_;
  wire::RnodeAirReceiver receiver_;
  Csma csma_;
  AirtimeLedger ledger_;
  double rssi_dbm_ = -157, noise_floor_dbm_ = -157, last_rssi_dbm_ = -157;
  std::uint32_t received_ = 0, sent_ = 0;
  Bytes output_;
  DeviceCounters counters_;
};

}  // namespace mehr::mehr_radio
