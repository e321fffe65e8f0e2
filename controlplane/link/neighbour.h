// What Links keeps for one neighbour and one wanted peer. Plain records with the few operations
// that belong to one of them alone. Reactor thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/link/links.h"

namespace mehr::link {

struct Neighbour {
  NeighbourReport report;
  std::unique_ptr<Session> session;
  Bytes finish;  ///< initiator: repeated until the responder is heard
  Time finish_repeat_at;
  unsigned finishes = 0;
  bool peer_loaded = false;  ///< it asked for a cookie
  bool confirmed = false;    ///< a frame under the session keys has arrived
  bool lent = false;         ///< another plane opens its frames
  Time last_sent;
  std::vector<std::uint32_t> indices;  ///< as entered in the table of indices
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
  std::string last_failure;
  bool refused = false;  ///< this attempt was answered by somebody else

  /// 1, 2, 4 .. 30 s after that many failures in a row, with a quarter of jitter.
  [[nodiscard]] Duration back_off(Random& random) const;
};

}  // namespace mehr::link
