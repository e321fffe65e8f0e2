// The attacker of intruder.h.
#include "intruder.h"

#include <algorithm>

namespace mehr::link {
namespace {

constexpr std::size_t kSeenMax = 64;
constexpr std::size_t kFlightsMax = 256;

/// alice wants bob by name, bob wants alice whoever answers there, carol wants bob by name.
LinksConfig welcome_any() {
  return HopNode::any_peer();
}

}  // namespace

Intruder::Intruder(std::uint64_t seed) {
  for (int i = 0; i < 3; ++i) {
    nodes_.push_back(
        std::make_unique<HopNode>(network_.wire, std::string(1, static_cast<char>('a' + i)),
                                  seed * 3 + static_cast<std::uint64_t>(i), welcome_any()));
  }
  nodes_[0]->links.maintain_peer({0, "b"}, nodes_[1]->id(), network_.now);
  nodes_[1]->links.maintain_peer({0, "a"}, {}, network_.now);
  nodes_[2]->links.maintain_peer({0, "b"}, nodes_[1]->id(), network_.now);
  for (auto& one : nodes_)
    one->links.tick(network_.now);
}

std::string Intruder::run(ByteView decisions) {
  ByteReader reader(decisions);
  while (reader.remaining() > 0) {
    step(reader);
    if (network_.wire.flights.size() > kFlightsMax) network_.wire.flights.clear();
    std::string wrong = check();
    if (!wrong.empty()) return wrong;
  }
  return {};
}

void Intruder::deliver(const HopWire::Flight& flight, Duration waited) {
  HopNode* to = network_.wire.node_at(flight.to);
  if (to != nullptr) to->links.receive({0, flight.from}, flight.frame, waited, network_.now);
}

void Intruder::live(std::uint8_t action, ByteReader& decisions) {
  const unsigned kind = action / 12 % 4;
  if (kind <= 1) return talk();
  if (kind == 2) {
    HopNode& one = node(decisions.u8());
    const auto up = one.up;
    for (const auto& [id, neighbour] : up)
      one.links.rekey({id}, network_.now);
    return;
  }
  const std::uint8_t who = decisions.u8();
  network_.wire.outside_of[node(who).address] = "nat" + std::to_string(who);
}

void Intruder::mutate(Bytes& frame, ByteReader& decisions) {
  if (frame.empty()) return;
  const std::uint8_t kind = decisions.u8();
  const std::size_t at = decisions.u8() % frame.size();
  switch (kind % 5) {
    case 0:
      frame[at] = static_cast<std::uint8_t>(frame[at] ^ (1U << (kind >> 5)));
      break;
    case 1:
      frame[at] = decisions.u8();
      break;
    case 2:
      frame.resize(at);
      break;
    case 3:
      frame.push_back(decisions.u8());
      break;
    default:
      // Header of one message, body of another.
      if (!seen_.empty()) {
        const Bytes& other = seen_[decisions.u8() % seen_.size()].frame;
        for (std::size_t i = at; i < std::min(frame.size(), other.size()); ++i)
          frame[i] = other[i];
      }
  }
}

void Intruder::step(ByteReader& decisions) {
  auto& flights = network_.wire.flights;
  const std::uint8_t action = decisions.u8();
  if (action % 12 == 11) return live(action, decisions);
  if (action % 12 >= 9) {
    const std::uint8_t time = decisions.u8();
    network_.now += Duration{std::chrono::milliseconds{20 * (1 + time)}};
    loaded_ = time % 3 == 0;
    for (auto& one : nodes_)
      one->links.tick(network_.now);
    return;
  }
  if (action % 12 == 8 &&
      !seen_.empty()) {  // replay, perhaps to somebody else, perhaps from elsewhere
    HopWire::Flight old = seen_[decisions.u8() % seen_.size()];
    const std::uint8_t how = decisions.u8();
    if ((how & 1) != 0) old.to = node(how >> 2).address;
    if ((how & 2) != 0) old.from = node(how >> 5).address;
    return deliver(old);
  }
  if (flights.empty()) return;
  const std::size_t which = action >= 128 ? decisions.u8() % flights.size() : 0;
  HopWire::Flight flight = flights[which];
  flights.erase(flights.begin() + static_cast<std::ptrdiff_t>(which));
  if (seen_.size() < kSeenMax) {
    seen_.push_back(flight);
  } else {
    seen_[decisions.u8() % kSeenMax] = flight;
  }
  switch (action % 12) {
    case 0:
    case 1:
    case 2:
    case 3:
      break;
    case 4:
      return;  // lost
    case 5:
      mutate(flight.frame, decisions);
      break;
    case 6:
      flight.to = node(decisions.u8()).address;
      break;  // misdirected
    case 7:
      flight.from = node(decisions.u8()).address;
      break;  // from a forged address
    default:
      break;
  }
  // Frames that wait in a queue: strangers are asked for cookies.
  deliver(flight, loaded_ ? 50ms : 0ms);
}

void Intruder::talk() {
  for (auto& one : nodes_) {
    const auto up = one->up;
    for (const auto& [id, neighbour] : up) {
      one->links.send({id}, packet_record(to_hex(one->id()) + to_hex(neighbour.identity)), 0,
                      network_.now);
    }
  }
}

std::string Intruder::check() const {
  for (const auto& one : nodes_) {
    for (const auto& [id, neighbour] : one->up) {
      const IdentityHash& identity = neighbour.identity;
      const bool honest = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& other) {
        return other->id() == identity && other != one;
      });
      if (!honest) return one->address + " is linked to " + to_hex(neighbour.identity);
    }
    for (std::size_t i = 0; i < one->records.size(); ++i) {
      const std::string body = as_text(one->records[i]);
      const std::string want = to_hex(one->record_senders[i]) + to_hex(one->id());
      if (body != want) return one->address + " believed a record meant for others";
    }
    if (one->links.half_open() > LinksConfig{}.half_open_limit) return "too many half-open";
  }
  return {};
}

std::string Intruder::heal() {
  network_.wire.outside_of.clear();
  network_.run(120s);
  talk();
  network_.run(1s);
  std::string wrong = check();
  if (!wrong.empty()) return wrong;
  for (const auto& one : nodes_) {
    if (one->up.empty()) return one->address + " has no link after healing";
    if (one->records.empty()) return one->address + " heard nothing after healing";
  }
  return {};
}

std::uint64_t Intruder::counted(border::Counter counter) const {
  std::uint64_t all = 0;
  for (const auto& one : nodes_)
    all += one->counters.value(counter);
  return all;
}

}  // namespace mehr::link
