// Source buckets declared in admission.h.
#include "controlplane/link/admission.h"

#include <algorithm>

namespace mehr::link {
namespace {

/// FNV-1a, started from a secret so that nobody can choose who shares a slot with whom.
std::uint64_t slot_hash(std::uint64_t seed, std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL ^ seed;
  for (const char c : text) {
    hash ^= static_cast<std::uint8_t>(c);
    hash *= 0x100000001B3ULL;
  }
  return hash ^ hash >> 32;
}

}  // namespace

std::string SourceLimiter::prefix(std::string_view address) {
  const auto port = address.rfind(':');
  if (port == std::string_view::npos) return std::string(address);
  std::string_view host = address.substr(0, port);
  if (!host.starts_with('[')) {
    const auto last_dot = host.rfind('.');
    return std::string(last_dot == std::string_view::npos ? host : host.substr(0, last_dot));
  }
  host = host.substr(1, host.size() - 2);
  // The first four groups; "::" inside them stands for zero groups and ends the prefix.
  std::string out;
  int groups = 0;
  for (std::size_t at = 0; at < host.size() && groups < 4; ++groups) {
    const std::size_t colon = std::min(host.find(':', at), host.size());
    if (colon == at) break;
    out.append(host.substr(at, colon - at)).push_back(':');
    at = colon + 1;
  }
  for (; groups < 4; ++groups)
    out.append("0:");
  out.pop_back();
  return out;
}

bool SourceLimiter::allow(std::string_view address, Time now) {
  Bucket& bucket = buckets_[slot_hash(seed_, prefix(address)) % kSlots];
  const double earned = to_seconds(now - bucket.filled) * kRatePerSecond;
  bucket.tokens = std::min(kBurst, bucket.tokens + std::max(0.0, earned));
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace mehr::link
