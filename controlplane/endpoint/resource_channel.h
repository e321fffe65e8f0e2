// What a resource transfer needs of the link it runs on. Implemented by Link, and by tests.
#pragma once

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "core/wire/packet.h"

namespace mehr::endpoint {

/// A packet as it left.
struct Sent {
  Hash32 packet_hash;
  std::size_t wire_bytes = 0;
};

class ResourceChannel {
 public:
  virtual ~ResourceChannel() = default;
  /// Sends DATA with the link's encryption.
  virtual Sent send(wire::Context kind, ByteView plaintext) = 0;
  /// Sends without (parts, proofs, cache requests).
  virtual Sent send_clear(wire::PacketType type, wire::Context kind, ByteView data) = 0;
  [[nodiscard]] virtual Bytes seal(ByteView plaintext) = 0;
  [[nodiscard]] virtual std::optional<Bytes> unseal(ByteView token) const = 0;
  [[nodiscard]] virtual const LinkId& id() const = 0;
  [[nodiscard]] virtual Duration rtt() const = 0;
  [[nodiscard]] virtual std::size_t mtu() const = 0;
  /// First estimate of the rate, from the handshake.
  [[nodiscard]] virtual double bits_per_second() const = 0;
  [[nodiscard]] virtual Random& random() = 0;
  [[nodiscard]] virtual Time now() const = 0;
};

}  // namespace mehr::endpoint
