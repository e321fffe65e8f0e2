// Violations grow by announces sooner than the target and shrink by later ones.
#include "controlplane/routing/announce_rate.h"

namespace mehr::routing {

bool AnnounceRates::blocked(const DestinationHash& destination, InterfaceId from,
                            const AnnounceRate& rate, Time now) {
  RateRecord* record = records_.find(destination);
  if (record == nullptr) {
    records_.insert(destination, from, RateRecord{now, 0, Time::min()});
    return false;
  }
  if (now <= record->blocked_until) return true;
  if (now - record->last < rate.target) {
    ++record->violations;
  } else if (record->violations > 0) {
    --record->violations;
  }
  if (record->violations > rate.grace) {
    record->blocked_until = record->last + rate.target + rate.penalty;
    return true;
  }
  record->last = now;
  return false;
}

}  // namespace mehr::routing
