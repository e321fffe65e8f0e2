// Rotating cookie secrets, declared in cookies.h.
#include "controlplane/link/cookies.h"

#include "core/crypto/hop_keys.h"

namespace mehr::link {

void Cookies::rotate(Time now) {
  if (seeded_ && now - rotated_ < kPeriod) return;
  // After a gap of two periods the old secret must not live on as the previous one.
  const bool lapsed = !seeded_ || now - rotated_ >= 2 * kPeriod;
  previous_ = lapsed ? random_.fixed<32>() : current_;
  current_ = random_.fixed<32>();
  rotated_ = now;
  seeded_ = true;
}

wire::HopCookie Cookies::issue(std::string_view source, Time now) {
  rotate(now);
  return crypto::hop_cookie(current_, source);
}

bool Cookies::valid(const wire::HopCookie& cookie, std::string_view source, Time now) {
  rotate(now);
  const bool fits_current =
      equal_constant_time(cookie.view(), crypto::hop_cookie(current_, source).view());
  const bool fits_previous =
      equal_constant_time(cookie.view(), crypto::hop_cookie(previous_, source).view());
  return fits_current || fits_previous;
}

}  // namespace mehr::link
