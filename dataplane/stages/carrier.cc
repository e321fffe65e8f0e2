// Header bytes in, hop frames out, and back.
#include "dataplane/stages/carrier.h"

#include <algorithm>
#include <cstring>

#include "core/base/assert.h"

namespace mehr::dataplane {
namespace {

using border::Counter;

constexpr std::size_t kEthernet = 14, kVlanTag = 4, kIp4 = 20, kIp6 = 40, kUdp = 8;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint8_t kHops = 64;

std::uint16_t big16(const std::uint8_t* from) {
  return static_cast<std::uint16_t>(from[0] << 8 | from[1]);
}
void put16(std::uint8_t* to, std::size_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}
void put_raw(std::uint8_t* to, std::uint16_t value) {
  std::memcpy(to, &value, 2);
}

/// Where the hop frame lies within the bytes of a frame; size 0: not ours.
struct Inside {
  std::size_t at = 0, size = 0;
};

Inside inside_udp(const std::uint8_t* data, std::size_t at, std::size_t end, std::uint16_t port) {
  if (end - at < kUdp || port == 0 || big16(data + at + 2) != port) return {};
  const std::size_t length = big16(data + at + 4);
  if (length < kUdp || length > end - at) return {};
  return {at + kUdp, length - kUdp};
}

Inside inside_ip4(const std::uint8_t* data, std::size_t at, std::size_t end, std::uint16_t port) {
  if (end - at < kIp4 || data[at] >> 4 != 4) return {};
  const std::size_t header = (data[at] & 15u) * 4;
  const std::size_t total = big16(data + at + 2);
  const bool fragment = (big16(data + at + 6) & 0x3FFF) != 0;
  if (header < kIp4 || total < header || total > end - at || fragment ||
      data[at + 9] != kProtocolUdp) {
    return {};
  }
  return inside_udp(data, at + header, at + total, port);
}

Inside inside_ip6(const std::uint8_t* data, std::size_t at, std::size_t end, std::uint16_t port) {
  if (end - at < kIp6 || data[at] >> 4 != 6 || data[at + 6] != kProtocolUdp) return {};
  const std::size_t payload = big16(data + at + 4);
  if (payload > end - at - kIp6) return {};
  return inside_udp(data, at + kIp6, at + kIp6 + payload, port);
}

Inside inside(const Frame& frame, const CarrierFilter& filter) {
  const std::uint8_t* data = frame.data;
  if (frame.size < kEthernet) return {};
  std::size_t at = kEthernet;
  std::uint16_t type = big16(data + 12);
  if (type == 0x8100 && frame.size >= kEthernet + kVlanTag) {
    type = big16(data + 16);
    at += kVlanTag;
  }
  if (type == 0x0800) return inside_ip4(data, at, frame.size, filter.udp_port);
  if (type == 0x86DD) return inside_ip6(data, at, frame.size, filter.udp_port);
  if (type == kHopEtherType && filter.raw_ethernet && frame.size >= at + 2) {
    // Short Ethernet frames are padded, so the length goes first.
    const std::size_t length = big16(data + at);
    if (length <= frame.size - at - 2) return {at + 2, length};
  }
  return {};
}

}  // namespace

void unwrap(std::span<Frame> frames, const CarrierFilter& filter) {
  for (Frame& frame : frames) {
    if (frame.fate != Fate::kPending) continue;
    const Inside found = inside(frame, filter);
    if (found.size == 0) {
      drop(frame, Counter::kHopMalformed);
      continue;
    }
    const auto behind = static_cast<std::uint32_t>(frame.size - found.at - found.size);
    frame.data += found.at;
    frame.headroom = static_cast<std::uint16_t>(frame.headroom + found.at);
    frame.size = static_cast<std::uint32_t>(found.size);
    frame.tailroom =
        static_cast<std::uint16_t>(std::min<std::uint32_t>(0xFFFF, frame.tailroom + behind));
  }
}

std::uint64_t checksum_add(std::uint64_t sum, ByteView bytes) {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    sum += word & 0xFFFF'FFFF;
    sum += word >> 32;
  }
  if (left > 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, left);
    sum += word & 0xFFFF'FFFF;
    sum += word >> 32;
  }
  return sum;
}

std::uint16_t checksum_finish(std::uint64_t sum) {
  while (sum >> 16 != 0)
    sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

CarrierHeader CarrierHeader::ethernet(const Mac& from, const Mac& to) {
  CarrierHeader header;
  std::copy(to.begin(), to.end(), header.bytes_.begin());
  std::copy(from.begin(), from.end(), header.bytes_.begin() + 6);
  put16(header.bytes_.data() + 12, kHopEtherType);
  header.size_ = kEthernet + 2;
  return header;
}

CarrierHeader CarrierHeader::udp4(const Mac& from, const Mac& to,
                                  const std::array<std::uint8_t, 4>& source,
                                  const std::array<std::uint8_t, 4>& target,
                                  std::uint16_t source_port, std::uint16_t target_port) {
  CarrierHeader header = ethernet(from, to);
  header.form_ = Form::kUdp4;
  header.size_ = kEthernet + kIp4 + kUdp;
  put16(header.bytes_.data() + 12, 0x0800);
  std::uint8_t* ip = header.bytes_.data() + kEthernet;
  std::fill(ip, ip + kIp4 + kUdp, std::uint8_t{0});
  ip[0] = 0x45;
  ip[6] = 0x40;  // don't fragment
  ip[8] = kHops;
  ip[9] = kProtocolUdp;
  std::copy(source.begin(), source.end(), ip + 12);
  std::copy(target.begin(), target.end(), ip + 16);
  header.ip_sum_ = static_cast<std::uint32_t>(checksum_add(0, {ip, kIp4}));
  std::uint8_t* udp = ip + kIp4;
  put16(udp, source_port);
  put16(udp + 2, target_port);
  const std::array<std::uint8_t, 2> protocol{0, kProtocolUdp};
  header.pseudo_sum_ =
      checksum_add(checksum_add(checksum_add(0, {ip + 12, 8}), protocol), {udp, 4});
  return header;
}

CarrierHeader CarrierHeader::udp6(const Mac& from, const Mac& to,
                                  const std::array<std::uint8_t, 16>& source,
                                  const std::array<std::uint8_t, 16>& target,
                                  std::uint16_t source_port, std::uint16_t target_port) {
  CarrierHeader header = ethernet(from, to);
  header.form_ = Form::kUdp6;
  header.size_ = kEthernet + kIp6 + kUdp;
  put16(header.bytes_.data() + 12, 0x86DD);
  std::uint8_t* ip = header.bytes_.data() + kEthernet;
  std::fill(ip, ip + kIp6 + kUdp, std::uint8_t{0});
  ip[0] = 0x60;
  ip[6] = kProtocolUdp;
  ip[7] = kHops;
  std::copy(source.begin(), source.end(), ip + 8);
  std::copy(target.begin(), target.end(), ip + 24);
  std::uint8_t* udp = ip + kIp6;
  put16(udp, source_port);
  put16(udp + 2, target_port);
  const std::array<std::uint8_t, 2> protocol{0, kProtocolUdp};
  header.pseudo_sum_ =
      checksum_add(checksum_add(checksum_add(0, {ip + 8, 32}), protocol), {udp, 4});
  return header;
}

void CarrierHeader::wrap(Frame& frame) const {
  MEHR_ASSERT(frame.headroom >= size_);
  const std::size_t payload = frame.size;
  const ByteView body{frame.data, payload};
  std::uint8_t* at = frame.data - size_;
  std::memcpy(at, bytes_.data(), size_);
  if (form_ == Form::kEthernet) {
    put16(at + kEthernet, payload);
  } else {
    const std::size_t ip_size = form_ == Form::kUdp4 ? kIp4 : kIp6;
    std::uint8_t* ip = at + kEthernet;
    std::uint8_t* udp = ip + ip_size;
    std::uint16_t udp_length;
    put16(udp + 4, kUdp + payload);
    std::memcpy(&udp_length, udp + 4, 2);
    if (form_ == Form::kUdp4) {
      put16(ip + 2, kIp4 + kUdp + payload);
      std::uint16_t total;
      std::memcpy(&total, ip + 2, 2);
      put_raw(ip + 10, checksum_finish(std::uint64_t{ip_sum_} + total));
    } else {
      put16(ip + 4, kUdp + payload);
    }
    // The length counts twice: in the pseudo header and in the header.
    const std::uint16_t sum =
        checksum_finish(checksum_add(pseudo_sum_ + udp_length + std::uint64_t{udp_length}, body));
    put_raw(udp + 6, sum == 0 ? std::uint16_t{0xFFFF} : sum);
  }
  frame.data = at;
  frame.size = static_cast<std::uint32_t>(payload + size_);
  frame.headroom = static_cast<std::uint16_t>(frame.headroom - size_);
}

}  // namespace mehr::dataplane
