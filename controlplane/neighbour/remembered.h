// A neighbour as it is remembered over restarts: who, and where it was reached. A plain value.
#pragma once

#include <string>

#include "core/base/bytes.h"

namespace mehr::neighbour {

struct RememberedPeer {
  IdentityHash identity;
  std::string interface;  ///< the configured one
  std::string transport;  ///< "udp", "tcp"
  std::string address;    ///< numeric, with port; empty where the carrier knows none
  bool stranger = false;  ///< welcome only because anybody is: remembered as long as room is left
};

}  // namespace mehr::neighbour
