// Insiders: the false records themselves, well formed where that makes them worse.
#include <algorithm>
#include <array>

#include "controlplane/routing/candidates.h"
#include "core/wire/hop_fragment.h"
#include "core/wire/hop_handshake.h"
#include "core/wire/hop_probe.h"
#include "core/wire/hop_signals.h"
#include "tools/mehr-sim/insider.h"

namespace mehr::mehr_sim {
namespace {

using wire::HopControl;

constexpr std::uint32_t kHalfOfAll = 0x7FFF'FFFF;  // as far ahead as a number can be

std::uint8_t any_byte(Random& random) {
  return static_cast<std::uint8_t>(random.below(256));
}
std::uint16_t any_short(Random& random) {
  return static_cast<std::uint16_t>(random.below(65'536));
}
std::uint32_t any_word(Random& random) {
  return static_cast<std::uint32_t>(random.below(std::uint64_t{1} << 32U));
}

constexpr wire::PathCost kHere{0, 0, 255, 0, 255};
constexpr wire::PathCost kEndless{0xFFFE, 65'535, 0, 200, 0};

}  // namespace

wire::PathCost Insiders::any_cost() {
  wire::PathCost out;
  out.cost_code = any_short(random_);
  out.worst_latency_ms = any_short(random_);
  out.bottleneck_code = any_byte(random_);
  out.hops = any_byte(random_);
  out.mtu_code = any_byte(random_);
  return out;
}

// What becomes of an honest telling; nullopt: this liar leaves those alone.
std::optional<wire::PathCostRecord> Insiders::twisted(Deceit deceit, wire::PathCostRecord record) {
  switch (deceit) {
    case Deceit::kCheap:
      record.cost = kHere;
      return record;
    case Deceit::kDear:
      record.cost = kEndless;
      return record;
    case Deceit::kWithdraw:
      if (random_.below(2) == 0) record.cost = routing::unavailable_cost();
      return record;
    case Deceit::kSequence: {
      const std::array<std::uint32_t, 4> jumps{kHalfOfAll, 0U - kHalfOfAll, 1'000U,
                                               0U - record.relay_sequence};
      record.relay_sequence += jumps[random_.below(jumps.size())];
      if (random_.below(2) == 0) record.cost = random_.below(2) == 0 ? kHere : kEndless;
      return record;
    }
    default:
      return std::nullopt;
  }
}

std::optional<Insiders::Said> Insiders::invent(HostId host, Deceit deceit) {
  switch (deceit) {
    case Deceit::kCheap:
    case Deceit::kDear:
    case Deceit::kSequence:
    case Deceit::kWithdraw:
      return invent_cost(host, deceit);
    case Deceit::kSaturated:
      return congestion();
    case Deceit::kSilent:
      return std::nullopt;
    case Deceit::kTooBig:
      return too_big(host);
    case Deceit::kFlood:
      return invent_flood(host);
    case Deceit::kReplay: {
      const auto& said = memory_[host].said;
      if (said.empty()) return std::nullopt;
      return said[random_.below(said.size())];
    }
    case Deceit::kProbes:
      return probe();
    case Deceit::kPieces:
      return piece();
    case Deceit::kKeys:
      return keys();
  }
  return std::nullopt;
}

// Of an announce it told of before, with a newer number; or of one nobody ever made.
std::optional<Insiders::Said> Insiders::invent_cost(HostId host, Deceit deceit) {
  const auto& said = memory_[host].said;
  std::optional<wire::PathCostRecord> record;
  if (!said.empty()) {
    const Said& one = said[random_.below(said.size())];
    if (one.type == HopControl::kPathCost) record = wire::decode_path_cost_record(one.body);
  }
  if (!record || (deceit == Deceit::kWithdraw && random_.below(4) == 0)) {
    record = wire::PathCostRecord{random_.fixed<16>(), any_word(random_), {}};
  }
  record->relay_sequence += static_cast<std::uint32_t>(1 + random_.below(3));
  const auto other = twisted(deceit, *record);
  return Said{HopControl::kPathCost, wire::encode_path_cost_record(other.value_or(*record))};
}

Insiders::Said Insiders::congestion() {
  wire::CongestionSignal signal;
  signal.severity = wire::CongestionSeverity::kSaturated;
  signal.scope = static_cast<wire::CongestionScope>(random_.below(2));
  signal.drain_ms = random_.below(3) == 0 ? std::uint16_t{0} : any_short(random_);
  return {HopControl::kCongestion, wire::encode_congestion(signal)};
}

// Of somebody's address, or of a link that came by.
Insiders::Said Insiders::too_big(HostId host) {
  wire::PacketTooBig message;
  const auto& carried = memory_[host].carried;
  if (!carried.empty() && random_.below(2) == 0) {
    message.destination = carried[random_.below(carried.size())];
  } else {
    const auto whose = static_cast<HostId>(random_.below(world_.hosts()));
    message.destination = world_.host(whose).address();
  }
  message.limit = random_.below(2) == 0 ? wire::kPacketLimitMin
                                        : static_cast<std::uint16_t>(random_.below(500));
  return {HopControl::kPacketTooBig, wire::encode_packet_too_big(message)};
}

// Numbers are small, so that some are those of probes under way.
Insiders::Said Insiders::probe() {
  const auto number = static_cast<std::uint32_t>(random_.below(2'000));
  const std::size_t size = wire::kHopProbeSize + random_.below(200);
  return {random_.below(3) == 0 ? HopControl::kProbeReply : HopControl::kProbe,
          wire::encode_hop_probe(number, size)};
}

Insiders::Said Insiders::piece() {
  Bytes bytes(1 + random_.below(400));
  random_.fill(bytes);
  wire::HopFragment out;
  out.number = any_word(random_);
  if (random_.below(2) == 0) out.number %= 4U;  // more of one that was begun, where it overlaps
  out.total =
      static_cast<std::uint16_t>(std::max<std::uint64_t>(bytes.size() + 1, random_.below(65'536)));
  out.offset = static_cast<std::uint16_t>(random_.below(out.total - bytes.size() + 1));
  out.hop_class.priority = static_cast<wire::HopPriority>(random_.below(4));
  out.piece = bytes;
  return {HopControl::kFragment, wire::encode_hop_fragment(out)};
}

Insiders::Said Insiders::keys() {
  wire::HopRekey offer;
  offer.epoch = static_cast<std::uint32_t>(random_.below(4));
  offer.sender_index = any_word(random_);
  offer.ephemeral = random_.fixed<32>();
  return {random_.below(2) == 0 ? HopControl::kRekeyOffer : HopControl::kRekeyAnswer,
          wire::encode_hop_rekey(offer)};
}

Insiders::Said Insiders::noise() {
  Bytes bytes(random_.below(64));
  random_.fill(bytes);
  auto type = static_cast<HopControl>(random_.below(24));
  // Ends the link, and with it the flood: only now and then.
  if (type == HopControl::kClose && random_.below(100) != 0) type = HopControl::kCongestion;
  return {type, bytes};
}

Insiders::Said Insiders::invent_flood(HostId host) {
  const auto other = [&](std::optional<Said> one) { return one ? *std::move(one) : noise(); };
  switch (random_.below(8)) {
    case 0:
    case 1:  // of announces that never come
      return {HopControl::kPathCost,
              wire::encode_path_cost_record({random_.fixed<16>(), any_word(random_), any_cost()})};
    case 2: {
      auto one = other(invent_cost(host, Deceit::kSequence));
      if (auto record = wire::decode_path_cost_record(one.body)) {
        record->cost = any_cost();
        one.body = wire::encode_path_cost_record(*record);
      }
      return one;
    }
    case 3:
      return too_big(host);
    case 4: {
      wire::PacketTooBig nobody;
      nobody.destination = random_.fixed<16>();
      nobody.limit = any_short(random_);
      return {HopControl::kPacketTooBig, wire::encode_packet_too_big(nobody)};
    }
    case 5:
      return random_.below(2) == 0 ? congestion() : probe();
    case 6:
      return piece();
    default:
      return noise();
  }
}

}  // namespace mehr::mehr_sim
