// The lies. See liar.h.
#include "tools/mehr-sim/liar.h"

#include <algorithm>
#include <array>

#include "core/wire/hdlc.h"
#include "core/wire/packet.h"
#include "core/wire/path_request.h"

namespace mehr::mehr_sim {
namespace {

constexpr std::size_t kJunkPerPacket = 12;
constexpr std::size_t kJunkPerSecond = 600;
constexpr std::size_t kHopByte = 1;
constexpr std::uint8_t kHdlcFlag = 0x7E;

}  // namespace

std::string_view lie_name(Lie lie) {
  static constexpr std::array<std::string_view, kLies> kNames{"cost", "mutate", "replay", "swallow",
                                                              "flood"};
  return kNames[static_cast<std::size_t>(lie)];
}

std::vector<Bytes> Liars::tamper(HostId host, ByteView data, bool stream) {
  const auto found = lies_.find(host);
  if (found == lies_.end()) return {to_bytes(data)};
  std::vector<Bytes> packets;
  if (!stream) {
    lie(host, found->second, data, packets);
    return packets;
  }
  if (data.empty() || data[0] != kHdlcFlag) return {to_bytes(data)};  // a sealed hop link over TCP
  std::vector<Bytes> framed;
  wire::HdlcDecoder decoder(2'048, 0);
  decoder.push(data, [&](ByteView packet) { lie(host, found->second, packet, packets); });
  for (const Bytes& packet : packets)
    framed.push_back(wire::hdlc_encode(packet));
  return framed;
}

std::size_t Liars::affordable(HostId host, std::size_t wanted) {
  Budget& budget = budgets_[host];
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(engine_.now() - Time{});
  if (second.count() != budget.second) budget = {second.count(), kJunkPerSecond};
  const std::size_t some = std::min(wanted, budget.left);
  budget.left -= some;
  return some;
}

void Liars::lie(HostId host, Lie lie, ByteView packet, std::vector<Bytes>& out) {
  auto& memory = memory_[host];
  memory.push_back(to_bytes(packet));
  if (memory.size() > kMemory) memory.pop_front();
  ++told;
  switch (lie) {
    case Lie::kCost:
      out.push_back(other_cost(packet));
      return;
    case Lie::kMutate:
      out.push_back(random_.below(2) == 0 ? mutated(packet) : to_bytes(packet));
      return;
    case Lie::kReplay:
      out.push_back(to_bytes(packet));
      for (std::size_t i = affordable(host, random_.below(4)); i > 0; --i)
        out.push_back(memory[random_.below(memory.size())]);
      return;
    case Lie::kSwallow: {
      const auto decoded = wire::decode_packet(packet);
      const bool relayed =
          decoded && decoded->hops > 0 && decoded->packet_type != wire::PacketType::kAnnounce;
      if (!relayed) out.push_back(to_bytes(packet));
      return;
    }
    case Lie::kFlood:
      out.push_back(to_bytes(packet));
      for (std::size_t i = affordable(host, kJunkPerPacket); i > 0; --i)
        out.push_back(junk(memory));
      return;
  }
}

Bytes Liars::other_cost(ByteView packet) {
  Bytes out = to_bytes(packet);
  const auto decoded = wire::decode_packet(packet);
  if (decoded && decoded->packet_type == wire::PacketType::kAnnounce) {
    out[kHopByte] = static_cast<std::uint8_t>(random_.below(3) == 0 ? out[kHopByte] + 5U : 0U);
  }
  return out;
}

Bytes Liars::mutated(ByteView packet) {
  Bytes out = to_bytes(packet);
  if (out.size() > wire::kHeaderMin) {
    const std::size_t at = wire::kHeaderMin + random_.below(out.size() - wire::kHeaderMin);
    out[at] ^= static_cast<std::uint8_t>(1U << random_.below(8));
  }
  return out;
}

Bytes Liars::junk(const std::deque<Bytes>& memory) {
  switch (random_.below(3)) {
    case 0: {
      const auto tag = random_.fixed<16>();
      wire::PathRequest request;
      request.destination = random_.fixed<16>();
      request.transport_id = random_.fixed<16>();
      request.tag = tag.view();
      return wire::encode_path_request(request);
    }
    case 1:
      return mutated(memory[random_.below(memory.size())]);
    default: {
      Bytes noise(20 + random_.below(460));
      random_.fill(noise);
      return noise;
    }
  }
}

}  // namespace mehr::mehr_sim
