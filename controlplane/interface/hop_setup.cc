// See hop_setup.h.
#include "controlplane/interface/hop_setup.h"

#include "controlplane/interface/traits.h"

namespace mehr::interface {

Port::Names hop_names(const config::InterfaceConfig& config) {
  return {config.name, "hop", "", "", false};
}

neighbour::CarrierSetup hop_carrier(const config::InterfaceConfig& config,
                                    std::uint16_t max_frame) {
  auto policy = std::make_shared<link::PeerPolicy>();
  policy->any = config.hop.allow == "any";
  for (const auto* identities : {&config.hop.allowed, &config.hop.trusted}) {
    for (const std::string& identity : *identities) {
      if (const auto hash = fixed_from_hex<IdentityHash::kSize>(identity)) {
        policy->listed.insert(*hash);
      }
    }
  }
  // A peer with an identity may also come to us: its address is no secret, its key is.
  for (const std::string& text : config.hop.peers) {
    const auto peer = config::parse_hop_peer(text, config.hop.transport);
    if (peer && peer->identity) policy->listed.insert(*peer->identity);
  }
  neighbour::CarrierSetup out;
  out.interface = traits_from_config(config);
  out.interface.hardware_mtu.reset();
  out.transport = config.hop.transport;
  out.link.name = config.name;
  out.link.max_frame = max_frame;
  out.link.bitrate_bps = out.interface.bitrate_bps;
  out.link.padded = config.hop.padding;
  out.link.policy = std::move(policy);
  out.link.forgeable_source = config.hop.transport == "udp";
  out.finds_mtu = out.link.forgeable_source;
  return out;
}

std::vector<HopTarget> hop_targets(const config::InterfaceConfig& config) {
  std::vector<HopTarget> out;
  for (const std::string& text : config.hop.peers) {
    const auto peer = config::parse_hop_peer(text, config.hop.transport);
    if (!peer) continue;
    HopTarget& target = out.emplace_back();
    target.text = text;
    target.peer = *peer;
    target.report.interface = config.name;
    target.report.text = text;
    target.report.transport = config.hop.transport;
    target.report.expected = peer->identity;
  }
  return out;
}

}  // namespace mehr::interface
