// The headers are sound: stages/carrier has looked at every length.
#include "dataplane/source.h"

#include <algorithm>

#include "core/base/assert.h"

namespace mehr::dataplane {
namespace {

using border::EndpointForm;

constexpr std::size_t kEthernet = 14, kVlanTag = 4, kIp6 = 40;

std::uint16_t big16(const std::uint8_t* from) {
  return static_cast<std::uint16_t>(from[0] << 8 | from[1]);
}

struct Headers {
  EndpointForm form = EndpointForm::kEthernet;
  const std::uint8_t* ip = nullptr;
  const std::uint8_t* udp = nullptr;
};

Headers look(ByteView headers) {
  MEHR_ASSERT(headers.size() >= kEthernet + 2);
  Headers out;
  std::size_t at = kEthernet;
  std::uint16_t type = big16(headers.data() + 12);
  if (type == 0x8100) {
    type = big16(headers.data() + 16);
    at += kVlanTag;
  }
  out.ip = headers.data() + at;
  if (type == 0x0800) {
    out.form = EndpointForm::kUdp4;
    out.udp = out.ip + (out.ip[0] & 15u) * 4;
  } else if (type == 0x86DD) {
    out.form = EndpointForm::kUdp6;
    out.udp = out.ip + kIp6;
  }
  return out;
}

}  // namespace

Source source_of(ByteView headers) {
  const Headers found = look(headers);
  Source out;
  out.form = static_cast<std::uint8_t>(found.form);
  if (found.form == EndpointForm::kEthernet) {
    std::copy_n(headers.data() + 6, 6, out.address.begin());
    return out;
  }
  out.port = big16(found.udp);
  if (found.form == EndpointForm::kUdp4) {
    std::copy_n(found.ip + 12, 4, out.address.begin());
  } else {
    std::copy_n(found.ip + 8, 16, out.address.begin());
  }
  return out;
}

border::Endpoint endpoint_of(ByteView headers) {
  const Headers found = look(headers);
  border::Endpoint out;
  out.form = found.form;
  std::copy_n(headers.data(), 6, out.local_mac.begin());
  std::copy_n(headers.data() + 6, 6, out.remote_mac.begin());
  if (found.form == EndpointForm::kEthernet) return out;
  out.remote_port = big16(found.udp);
  out.local_port = big16(found.udp + 2);
  const bool four = found.form == EndpointForm::kUdp4;
  const std::uint8_t* addresses = found.ip + (four ? 12 : 8);
  const std::size_t size = four ? 4 : 16;
  std::copy_n(addresses, size, out.remote.begin());
  std::copy_n(addresses + size, size, out.local.begin());
  return out;
}

Source source_of(const border::Endpoint& endpoint) {
  Source out;
  out.form = static_cast<std::uint8_t>(endpoint.form);
  if (endpoint.form == EndpointForm::kEthernet) {
    std::copy(endpoint.remote_mac.begin(), endpoint.remote_mac.end(), out.address.begin());
  } else {
    out.address = endpoint.remote;
    out.port = endpoint.remote_port;
  }
  return out;
}

}  // namespace mehr::dataplane
