// What hop frames travel in on a wire: UDP over IPv4 or IPv6 over Ethernet, or Ethernet alone. Owns
// the recognising of our frames among others and the headers of those that leave; addresses come
// from the control plane, which mirrors the kernel's tables. Pure. Source: RFC 768, 791, 8200,
// 1071.
#pragma once

#include <array>
#include <span>

#include "dataplane/frame.h"

namespace mehr::dataplane {

/// EtherType of hop frames directly on Ethernet: the first of the two for local experiments.
inline constexpr std::uint16_t kHopEtherType = 0x88B5;

/// What of a port's traffic is ours.
struct CarrierFilter {
  std::uint16_t udp_port = 4343;  ///< destination, host order; 0: none
  bool raw_ethernet = false;      ///< frames of kHopEtherType
};

/// Moves `data` of every pending frame from the Ethernet header to the hop frame and cuts padding;
/// what is not ours, is a fragment or does not add up is dropped. One VLAN tag is understood.
void unwrap(std::span<Frame> frames, const CarrierFilter& filter);

/// The headers before every frame to one neighbour, lengths and checksums still to be set.
class CarrierHeader {
 public:
  static constexpr std::size_t kMax = 62;

  CarrierHeader() = default;
  using Mac = std::array<std::uint8_t, 6>;
  /// Hop frames directly on Ethernet.
  static CarrierHeader ethernet(const Mac& from, const Mac& to);
  /// @param ports host order
  static CarrierHeader udp4(const Mac& from, const Mac& to,
                            const std::array<std::uint8_t, 4>& source,
                            const std::array<std::uint8_t, 4>& target, std::uint16_t source_port,
                            std::uint16_t target_port);
  static CarrierHeader udp6(const Mac& from, const Mac& to,
                            const std::array<std::uint8_t, 16>& source,
                            const std::array<std::uint8_t, 16>& target, std::uint16_t source_port,
                            std::uint16_t target_port);

  [[nodiscard]] std::size_t size() const { return size_; }
  bool operator==(const CarrierHeader&) const = default;
  /// Puts the headers before `frame`; its headroom must hold them.
  void wrap(Frame& frame) const;

 private:
  enum class Form : std::uint8_t { kEthernet, kUdp4, kUdp6 };
  std::array<std::uint8_t, kMax> bytes_{};
  std::uint8_t size_ = 0;
  Form form_ = Form::kEthernet;
  std::uint32_t ip_sum_ = 0;      ///< of the IPv4 header without its length
  std::uint64_t pseudo_sum_ = 0;  ///< of the UDP pseudo header and ports, without lengths
};

/// Internet checksum arithmetic: the sum of 16-bit words in memory order, not yet folded.
std::uint64_t checksum_add(std::uint64_t sum, ByteView bytes);
/// The field's value, in memory order. UDP sends 0xFFFF for 0.
std::uint16_t checksum_finish(std::uint64_t sum);

}  // namespace mehr::dataplane
