// How often each destination announces, and whether its announces are relayed for now. The path is
// updated all the same. Owns one record per destination; asked once per accepted announce.
//
// Bound: RouterLimits::rate_records, shared fairly by interface (fair_table.h). Source:
// reticulum-wire §9 (announce rate).
#pragma once

#include "controlplane/routing/fair_table.h"
#include "controlplane/routing/interface_traits.h"
#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::routing {

struct RateRecord {
  Time last{};  ///< of the last announce that was not blocked
  std::uint32_t violations = 0;
  Time blocked_until = Time::min();
};

class AnnounceRates {
 public:
  explicit AnnounceRates(std::size_t capacity) : records_(capacity) {}

  /// Accounts an accepted announce. @return true when it must not be relayed
  bool blocked(const DestinationHash& destination, InterfaceId from, const AnnounceRate& rate,
               Time now);
  [[nodiscard]] const RateRecord* record(const DestinationHash& destination) const {
    return records_.find(destination);
  }
  [[nodiscard]] std::size_t size() const { return records_.size(); }

 private:
  FairTable<DestinationHash, RateRecord> records_;
};

}  // namespace mehr::routing
