// What Links keeps for one neighbour, one wanted peer and one half-open handshake. Plain records
// with the few operations that belong to one of them alone. Reactor thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "controlplane/link/links.h"

namespace mehr::link {

struct Neighbour {
  NeighbourReport report;
  std::unique_ptr<Session> session;
  Bytes finish;  ///< initiator: repeated until the responder is heard
  Time finish_repeat_at;
  bool confirmed = false;  ///< a frame under the session keys has arrived
  Time last_sent;
};

/// A peer the operator wants a link to.
struct Wanted {
  CarrierPath path;
  std::optional<IdentityHash> expected;
  std::optional<Initiation> initiation;
  Time hello_sent, next_action;
  unsigned hellos = 0;    ///< of this attempt
  unsigned failures = 0;  ///< attempts in a row
  bool cookie_used = false;
  std::optional<NeighbourId> up;

  static constexpr unsigned kHellosPerAttempt = 5;
  static constexpr Duration kHelloRepeat = 1s;
  /// 1, 2, 4 .. 30 s after that many failures in a row, with a quarter of jitter.
  [[nodiscard]] Duration back_off(Random& random) const;
};

struct HalfOpen {
  Response response;
  CarrierPath path;
  Time begun;
};

}  // namespace mehr::link
