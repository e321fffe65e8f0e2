// Two additions a packet.
#include "dataplane/stages/meter.h"

namespace mehr::dataplane {

void meter(std::span<const Packet> packets, Meters& received, Meters& sent) {
  for (const Packet& packet : packets) {
    if (packet.fate != Fate::kForward) continue;
    const std::size_t price = packet.price / (256 / kPriceClasses);
    received.count(packet.from, price, 1, packet.size);
    sent.count(packet.to, price, 1, packet.size);
  }
}

}  // namespace mehr::dataplane
