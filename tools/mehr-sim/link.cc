// Arithmetic of one link. See link.h.
#include "tools/mehr-sim/link.h"

#include <algorithm>
#include <charconv>

namespace mehr::mehr_sim {
namespace {

constexpr Duration kQueueTime = 400ms;      // a router's buffer, in time
constexpr std::size_t kQueueBytes = 4'096;  // and what even the slowest one holds
constexpr Duration kRetransmit = 200ms;     // smallest retransmission timeout of TCP
constexpr int kMostRetransmissions = 6;

}  // namespace

Link::Link(HostId a, HostId b, const LinkQuality& quality) : hosts_{a, b} {
  for (Direction& direction : directions_)
    direction.quality = quality;
}

Duration Link::time_to_send(const LinkQuality& quality, std::size_t bytes) {
  return Duration{static_cast<std::int64_t>(bytes * 8'000'000 /
                                            std::max<std::uint64_t>(1, quality.bandwidth_bps))};
}

Passage Link::datagram(unsigned side, std::size_t bytes, Time now, Random& random) {
  Direction& way = directions_[side];
  const LinkQuality& quality = way.quality;
  Passage passage;
  ++datagrams;
  const Duration backlog = way.free_at - now;
  if (backlog > std::max(kQueueTime, time_to_send(quality, kQueueBytes))) {
    ++queue_full;
    return passage;
  }
  way.free_at = std::max(way.free_at, now) + time_to_send(quality, bytes);
  bytes_sent[side] += bytes;
  if (!way.up || chance(random, quality.loss_ppm)) {
    ++lost;
    return passage;
  }
  const auto one = [&](Time at) {
    const bool corrupt = chance(random, quality.corrupt_ppm);
    if (corrupt) ++corrupted;
    passage.copies[passage.count++] = {at, corrupt};
  };
  const Time earliest = way.free_at + quality.latency;
  if (chance(random, quality.reorder_ppm)) {
    ++reordered;
    one(earliest + random.jitter(10 * quality.latency + 1ms));
  } else {
    way.last_arrival = std::max(way.last_arrival, earliest + random.jitter(quality.jitter));
    one(way.last_arrival);
  }
  if (chance(random, quality.duplicate_ppm)) {
    ++duplicated;
    one(earliest + random.jitter(10 * quality.latency + 1ms));
  }
  return passage;
}

Link::Sent Link::stream(unsigned side, std::size_t bytes, Time previous, Time now, Random& random) {
  Direction& way = directions_[side];
  way.free_at = std::max(way.free_at, now) + time_to_send(way.quality, bytes);
  bytes_sent[side] += bytes;
  Duration late = random.jitter(way.quality.jitter);
  Duration timeout = kRetransmit + round_trip();
  for (int i = 0; i < kMostRetransmissions && chance(random, way.quality.loss_ppm); ++i) {
    ++retransmissions;
    late += timeout;
    timeout *= 2;
  }
  return {way.free_at, std::max(previous, way.free_at + way.quality.latency + late)};
}

std::string address_of(LinkNumber link, unsigned side) {
  return "10." + std::to_string(link >> 8U) + "." + std::to_string(link & 0xFFU) + "." +
         std::to_string(side + 1);
}

std::optional<Address> address_from(const std::string& text) {
  std::array<std::uint32_t, 5> parts{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i == 4 && at == end) break;
    if (i > 0) {
      if (at == end || *at != (i == 4 ? ':' : '.')) return std::nullopt;
      ++at;
    }
    const auto [rest, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc{} || parts[i] > (i == 4 ? 65'535U : 255U)) return std::nullopt;
    at = rest;
  }
  if (at != end || parts[0] != 10 || parts[3] < 1 || parts[3] > 2) return std::nullopt;
  return Address{(parts[1] << 8U) | parts[2], parts[3] - 1, static_cast<std::uint16_t>(parts[4])};
}

}  // namespace mehr::mehr_sim
