// From an open line to a checked radio: settle, ask who is there, set it up, compare what it says.
// Each step goes on as soon as everything it waits for has come, and decides with what it has when
// its time is up.
#include "controlplane/interface/rnode_host.h"

namespace mehr::interface {
namespace {

std::string asked_and_reported(const std::string& what, std::uint64_t reported,
                               std::uint64_t configured, const std::string& unit) {
  return "the radio reports " + what + " " + std::to_string(reported) + unit + ", configured " +
         std::to_string(configured) + unit;
}

}  // namespace

void RnodeHost::advance(Time now, bool deadline) {
  switch (phase_) {
    case Phase::kClosed:
    case Phase::kOnline:
      return;
    case Phase::kSettling:
      if (!deadline) return;
      phase_ = Phase::kDetecting;
      deadline_ = now + options_.timing.detect;
      write(wire::rnode_probe(), now);
      return;
    case Phase::kDetecting:
      advance_detection(now, deadline);
      return;
    case Phase::kConfiguring:
      advance_configuration(now, deadline);
      return;
  }
}

void RnodeHost::advance_detection(Time now, bool deadline) {
  const bool all = status_.detected && status_.firmware && status_.platform && status_.mcu;
  if (!all && !deadline) return;
  const auto mismatch = wire::rnode_mismatch(options_.parameters, status_);
  if (mismatch == wire::RnodeMismatch::kNotDetected || mismatch == wire::RnodeMismatch::kFirmware) {
    fail(mismatch_text(mismatch));
    return;
  }
  // What it said of its settings before we made them says nothing of whether it took ours.
  wire::RnodeStatus before = status_;
  status_ = {};
  status_.detected = before.detected;
  status_.firmware = before.firmware;
  status_.platform = before.platform;
  status_.mcu = before.mcu;
  status_.battery = before.battery;
  status_.temperature_c = before.temperature_c;
  phase_ = Phase::kConfiguring;
  deadline_ = now + options_.timing.configure;
  for (const Bytes& frame : wire::rnode_configuration(options_.parameters))
    write(frame, now);
}

bool RnodeHost::everything_reported() const {
  return status_.frequency_hz && status_.bandwidth_hz && status_.tx_power_dbm &&
         status_.spreading_factor && status_.coding_rate && status_.radio_state;
}

void RnodeHost::advance_configuration(Time, bool deadline) {
  const auto mismatch = wire::rnode_mismatch(options_.parameters, status_);
  const bool good = mismatch == wire::RnodeMismatch::kNone;
  // A wrong value may still be followed by the right one; only the deadline makes it final.
  if (!deadline && !(good && everything_reported())) return;
  if (!good) {
    fail(mismatch_text(mismatch));
    return;
  }
  phase_ = Phase::kOnline;
  sink_.online();
}

std::string RnodeHost::mismatch_text(wire::RnodeMismatch mismatch) const {
  using wire::RnodeMismatch;
  const wire::RnodeParameters& asked = options_.parameters;
  const auto not_reported = [](const std::string& what) {
    return "the radio does not say which " + what + " it uses";
  };
  switch (mismatch) {
    case RnodeMismatch::kNone:
      return "";
    case RnodeMismatch::kNotDetected:
      return "the radio does not answer: check that it is an RNode and that `baud` is right";
    case RnodeMismatch::kFirmware: {
      const std::string needed = "; 1.52 or newer is needed, update it with rnodeconf";
      if (!status_.firmware) return "the radio does not say which firmware it runs" + needed;
      const std::string minor = std::to_string(status_.firmware->minor);
      return "the radio's firmware " + std::to_string(status_.firmware->major) + "." +
             (minor.size() < 2 ? "0" + minor : minor) + " is too old" + needed;
    }
    case RnodeMismatch::kFrequency:
      return asked_and_reported("frequency", status_.frequency_hz.value_or(0), asked.frequency_hz,
                                " Hz");
    case RnodeMismatch::kBandwidth:
      if (!status_.bandwidth_hz) return not_reported("bandwidth");
      return asked_and_reported("bandwidth", *status_.bandwidth_hz, asked.bandwidth_hz, " Hz");
    case RnodeMismatch::kTxPower:
      if (!status_.tx_power_dbm) return not_reported("tx power");
      return asked_and_reported("tx power", *status_.tx_power_dbm, asked.tx_power_dbm, " dBm");
    case RnodeMismatch::kSpreadingFactor:
      if (!status_.spreading_factor) return not_reported("spreading factor");
      return asked_and_reported("spreading factor", *status_.spreading_factor,
                                asked.spreading_factor, "");
    case RnodeMismatch::kRadioState:
      return "the radio is switched off: it refuses the settings, is locked, or was switched off";
  }
  return "";
}

}  // namespace mehr::interface
