// What this process gives up once its ports are open: new privileges for good, dumps of its memory
// (keys are in it), and every capability it does not need any more. And the system's randomness,
// for seeds. Main thread.
#pragma once

#include <string>

#include "core/base/random.h"

namespace mehr::dataplane {

/// Before the first key arrives. @param network keep CAP_NET_ADMIN: to ask the kernel for MACs, to
/// take an XDP program off at the end @return a sentence about what could not be given up, or empty
std::string confine(bool network);

class SystemRandom final : public Random {
 public:
  void fill(MutableByteView out) override;
};

}  // namespace mehr::dataplane
