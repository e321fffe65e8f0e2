// The forms declared in hop_peer.h.
#include "core/config/hop_peer.h"

#include <algorithm>
#include <charconv>

#include "core/config/address.h"
#include "core/config/config.h"

namespace mehr::config {
namespace {

constexpr std::size_t kLongestHost = 253;

bool is_host_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || port == 0) {
    return std::nullopt;
  }
  return port;
}

}  // namespace

std::optional<HopPeer> parse_hop_peer(std::string_view text) {
  HopPeer out;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    out.identity = fixed_from_hex<IdentityHash::kSize>(text.substr(0, at));
    if (!out.identity) return std::nullopt;
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!is_ipv6_address(out.host) || (!rest.empty() && rest.front() != ':')) return std::nullopt;
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else {
    const auto colon = text.find(':');
    out.host = text.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = text.substr(colon + 1);
    if (!is_host_name(out.host)) return std::nullopt;
  }
  if (out.host.empty() || out.host.size() > kLongestHost) return std::nullopt;
  const auto number = has_port ? parse_port(port) : std::optional<std::uint16_t>(kHopPort);
  if (!number) return std::nullopt;
  out.port = *number;
  return out;
}

std::optional<HopPeer> parse_hop_peer(std::string_view text, std::string_view transport) {
  if (transport != "reticulum") return parse_hop_peer(text);
  HopPeer out;
  out.identity = fixed_from_hex<IdentityHash::kSize>(text);
  if (!out.identity) return std::nullopt;
  return out;
}

}  // namespace mehr::config
