// Stateless proof that a stranger receives at the address it sends from. Two secrets, so that a
// cookie lives between one and two periods. Pure; reactor thread. Source: architecture §3,
// reliability §5e.
#pragma once

#include <string_view>

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/wire/hop_handshake.h"

namespace mehr::link {

class Cookies {
 public:
  static constexpr Duration kPeriod = 120s;

  explicit Cookies(Random& random) : random_(random) {}

  /// @param source the carrier's address of the sender, with port
  wire::HopCookie issue(std::string_view source, Time now);
  [[nodiscard]] bool valid(const wire::HopCookie& cookie, std::string_view source, Time now);

 private:
  void rotate(Time now);

  Random& random_;
  Hash32 current_, previous_;
  Time rotated_;
  bool seeded_ = false;
};

}  // namespace mehr::link
