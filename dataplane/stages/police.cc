// The class byte is changed, nothing is dropped.
#include "dataplane/stages/police.h"

#include "core/wire/hop_frame.h"

namespace mehr::dataplane {
namespace {

constexpr unsigned kPriorityShift = 6;
constexpr std::uint8_t kRest = (1u << kPriorityShift) - 1;
constexpr auto kOrdinary =
    static_cast<std::uint8_t>(static_cast<unsigned>(wire::HopPriority::kP2) << kPriorityShift);

}  // namespace

void police(std::span<Packet> packets, Policers& urgent, border::Counters& counters,
            std::uint64_t now) {
  for (Packet& packet : packets) {
    if (packet.fate != Fate::kForward) continue;
    const auto priority = static_cast<wire::HopPriority>(packet.hop_class >> kPriorityShift);
    if (priority > wire::HopPriority::kP1) continue;
    if (urgent.of(packet.from, 0).admit(packet.size, now)) continue;
    packet.hop_class = static_cast<std::uint8_t>((packet.hop_class & kRest) | kOrdinary);
    counters.add(border::Counter::kDataDemoted);
  }
}

}  // namespace mehr::dataplane
