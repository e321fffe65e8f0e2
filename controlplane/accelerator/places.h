// Where neighbours are, in the dataplane's words and in ours: addresses as text to endpoints and
// back, and which port leads to which address. Owns what evidence said last, for a bounded number
// of addresses. Pure; reactor thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <optional>
#include <string>
#include <vector>

#include "controlplane/reactor/reactor.h"
#include "core/border/messages.h"

namespace mehr::accelerator {

/// @param to "192.0.2.1:4343", "[2001:db8::1]:4343" @return nullopt for anything else
std::optional<border::Endpoint> endpoint_towards(const std::string& to, std::uint16_t local_port);
/// The far end; empty for Ethernet.
std::string remote_text(const border::Endpoint& endpoint);

class Places {
 public:
  /// The ports there are now and the devices of this host; forgets what was seen.
  void reset(const border::Ready& ready, const std::vector<reactor::NetworkDevice>& devices);
  /// A handshake frame from there came up from a port, or to our own socket.
  void seen_on_port(const std::string& address, std::uint16_t port) { note(address, port); }
  void seen_on_socket(const std::string& address) { note(address, std::nullopt); }

  /// The port that leads there. @param local the address of this host packets there leave from
  [[nodiscard]] std::optional<std::uint16_t> port(const std::string& address,
                                                  const std::string& local) const;
  [[nodiscard]] bool known(const std::string& address) const { return seen_.contains(address); }
  /// Devices the ports take frames from, by index.
  [[nodiscard]] std::vector<int> devices() const;
  /// Bytes of the largest hop frame over UDP that fits there.
  [[nodiscard]] std::size_t frame_max(std::uint16_t port, bool six) const;

 private:
  static constexpr std::size_t kSeenMax = 4'096;
  void note(const std::string& address, std::optional<std::uint16_t> port);

  std::vector<border::Ready::Port> ports_;
  std::vector<reactor::NetworkDevice> devices_;
  absl::flat_hash_map<std::string, std::optional<std::uint16_t>> seen_;
};

}  // namespace mehr::accelerator
