// Defaults by kind first, then what the configuration overrides.
#include "controlplane/interface/traits.h"

#include <array>

#include "core/crypto/hash.h"
#include "core/wire/airtime.h"

namespace mehr::interface {
namespace {

constexpr std::uint64_t kNetworkBitrate = 10'000'000;
constexpr std::uint64_t kHopBitrate = 100'000'000;
constexpr std::uint64_t kLocalBitrate = 1'000'000'000;
constexpr std::uint32_t kUdpMtu = 1064;
constexpr std::uint32_t kAutoMtu = 1196;
constexpr std::uint32_t kLocalMtu = 262'144;
constexpr std::uint32_t kAnnounceRateTarget = 3600, kAnnounceRateGrace = 5;

std::uint64_t radio_bitrate(const config::RadioConfig& radio) {
  return static_cast<std::uint64_t>(
      wire::lora_bitrate_bps({radio.bandwidth_hz, radio.spreading_factor, radio.coding_rate}));
}

std::optional<routing::AnnounceRate> announce_rate(const config::InterfaceConfig& config) {
  const std::uint32_t target = config.announce_rate_target_s.value_or(kAnnounceRateTarget);
  if (target == 0) return std::nullopt;
  return routing::AnnounceRate{std::chrono::seconds(target),
                               config.announce_rate_grace.value_or(kAnnounceRateGrace),
                               std::chrono::seconds(config.announce_rate_penalty_s.value_or(0))};
}

void apply_mtu(const config::InterfaceConfig& config, routing::InterfaceTraits& traits) {
  using config::InterfaceKind;
  if (config.kind == InterfaceKind::kRnode) {
    traits.hardware_mtu = wire::kRnodeMtu;
  } else if (config.mtu) {
    traits.hardware_mtu = config.mtu;
    traits.fixed_mtu = true;
  } else if (config.kind == InterfaceKind::kLocal) {
    traits.hardware_mtu = kLocalMtu;
    traits.autoconfigure_mtu = true;
  } else if (config.kind == InterfaceKind::kAuto) {
    traits.hardware_mtu = kAutoMtu;
    traits.fixed_mtu = true;
  } else if (config.kind == InterfaceKind::kUdp) {
    traits.hardware_mtu = kUdpMtu;
  } else {
    traits.hardware_mtu = mtu_for_bitrate(traits.bitrate_bps);
    traits.autoconfigure_mtu = true;
  }
}

}  // namespace

std::optional<std::uint32_t> mtu_for_bitrate(std::uint64_t bitrate_bps) {
  struct Step {
    std::uint64_t above_bps;
    std::uint32_t mtu;
  };
  // The first step includes its limit, the others do not.
  constexpr std::array kSteps = {
      Step{999'999'999, 524'288}, Step{750'000'000, 262'144}, Step{400'000'000, 131'072},
      Step{200'000'000, 65'536},  Step{100'000'000, 32'768},  Step{10'000'000, 16'384},
      Step{5'000'000, 8192},      Step{2'000'000, 4096},      Step{1'000'000, 2048},
      Step{62'500, 1024},
  };
  for (const Step& step : kSteps) {
    if (bitrate_bps > step.above_bps) return step.mtu;
  }
  return std::nullopt;
}

routing::InterfaceTraits traits_from_config(const config::InterfaceConfig& config) {
  using config::InterfaceKind;
  const bool radio = config.kind == InterfaceKind::kRnode;
  routing::InterfaceTraits traits;
  traits.name = config.name;
  traits.mode = routing::mode_from_name(config.mode).value_or(routing::InterfaceMode::kFull);
  const bool hop = config.kind == InterfaceKind::kHop;
  const bool local = config.kind == InterfaceKind::kLocal;
  traits.bitrate_bps = config.bitrate_bps.value_or(radio   ? radio_bitrate(config.radio)
                                                   : hop   ? kHopBitrate
                                                   : local ? kLocalBitrate
                                                           : kNetworkBitrate);
  apply_mtu(config, traits);
  traits.outgoing = config.outgoing;
  traits.ingress_control = config.ingress_control.value_or(!radio && !local);
  traits.egress_control = config.egress_control;
  traits.announce_cap = config.announce_cap_percent / 100.0;
  traits.announce_rate = announce_rate(config);
  traits.gravity = config.gravity;
  traits.recursive_path_requests = config.recursive_path_requests;
  traits.announces_from_internal = config.announces_from_internal;
  traits.announces_to_internal = config.announces_to_internal;
  traits.trusted = config.trusted;
  if (config.kind == InterfaceKind::kAuto && !config.announce_rate_target_s) {
    traits.announce_rate.reset();
  }
  if (local) {
    traits.program = true;
    traits.recursive_path_requests = true;
    if (!config.announce_rate_target_s) traits.announce_rate.reset();
  }
  if (config.kind == InterfaceKind::kTcpClient) {
    const std::string display =
        config.name + "/" + config.connect_host + ":" + std::to_string(config.connect_port);
    traits.tunnel_interface_hash = crypto::sha256(as_bytes(display));
  }
  return traits;
}

wire::RnodeParameters radio_parameters(const config::RadioConfig& radio) {
  wire::RnodeParameters parameters;
  parameters.frequency_hz = static_cast<std::uint32_t>(radio.frequency_hz);
  parameters.bandwidth_hz = radio.bandwidth_hz;
  parameters.tx_power_dbm = radio.tx_power_dbm;
  parameters.spreading_factor = radio.spreading_factor;
  parameters.coding_rate = radio.coding_rate;
  parameters.airtime_limit_short_percent = radio.airtime_limit_short_percent;
  parameters.airtime_limit_long_percent = radio.airtime_limit_long_percent;
  return parameters;
}

std::string_view kind_name(config::InterfaceKind kind) {
  switch (kind) {
    case config::InterfaceKind::kTcpServer:
      return "tcp-server";
    case config::InterfaceKind::kTcpClient:
      return "tcp-client";
    case config::InterfaceKind::kUdp:
      return "udp";
    case config::InterfaceKind::kRnode:
      return "rnode";
    case config::InterfaceKind::kHop:
      return "hop";
    case config::InterfaceKind::kLocal:
      return "local";
    case config::InterfaceKind::kAuto:
      return "auto";
  }
  return "";
}

}  // namespace mehr::interface
