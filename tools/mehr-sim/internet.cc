// Sockets and what lies between them. Streams are in connection.cc. See internet.h.
#include "tools/mehr-sim/internet.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "tools/mehr-sim/connection.h"

namespace mehr::mehr_sim {
namespace {

constexpr std::size_t kUdpHeaders = 28;
constexpr std::size_t kLocalMtu = 1'500;
constexpr Duration kMtuMemory = 10min;
constexpr Duration kNatMemory = 120s;
constexpr std::uint64_t kConcern = 1;

using Sent = reactor::DatagramPort::Sent;

std::string with_port(const Address& address) {
  return address_of(address.link, address.side) + ":" + std::to_string(address.port);
}

}  // namespace

class Internet::ListenerHandle final : public reactor::Listener {
 public:
  ListenerHandle(Internet& internet, HostId host, std::uint16_t port)
      : internet_(internet), key_(host, port), address_("0.0.0.0:" + std::to_string(port)) {}
  ListenerHandle(const ListenerHandle&) = delete;
  ListenerHandle& operator=(const ListenerHandle&) = delete;
  ~ListenerHandle() override { internet_.listening_.erase(key_); }
  [[nodiscard]] const std::string& local_address() const override { return address_; }

 private:
  Internet& internet_;
  std::pair<HostId, std::uint16_t> key_;
  std::string address_;
};

Internet::Internet(Engine& engine) : engine_(engine), random_(engine.random_for(kConcern)) {}
Internet::~Internet() = default;

LinkNumber Internet::add_link(HostId a, HostId b, const LinkQuality& quality) {
  links_.push_back(std::make_unique<Link>(a, b, quality));
  connections_.emplace_back();
  return static_cast<LinkNumber>(links_.size() - 1);
}

void Internet::set_up(LinkNumber number, unsigned side, bool up) {
  Link& one = *links_[number];
  if (one.up(side) == up) return;
  const bool before = one.both_up();
  one.set_up(side, up);
  if (one.both_up() == before) return;
  for (const auto& connection : connections(number))
    connection->link_changed();
}

std::vector<std::shared_ptr<Connection>> Internet::connections(LinkNumber number) {
  auto& list = connections_[number];
  std::erase_if(list, [](const auto& each) { return each.expired(); });
  std::vector<std::shared_ptr<Connection>> out;
  for (const auto& each : list)
    out.push_back(each.lock());
  return out;
}

void Internet::set_quality(LinkNumber number, const std::array<LinkQuality, 2>& quality) {
  Link& one = *links_[number];
  one.forget_backlog(engine_.now());
  for (unsigned side : {0U, 1U})
    one.quality(side) = quality[side];
  for (const auto& connection : connections(number))
    connection->quality_changed();
}

void Internet::set_nat(LinkNumber number, unsigned side) {
  nats_[number].side = side;
}

void Internet::rebind(LinkNumber number) {
  ++nat_rebinds;
  nats_.at(number).by_outside.clear();
}

void Internet::set_silent(HostId host, bool silent) {
  silent_[host] = silent;
}

bool Internet::silent(HostId host) const {
  const auto found = silent_.find(host);
  return found != silent_.end() && found->second;
}

void Internet::set_powered(HostId host, bool powered) {
  powered_[host] = powered;
}

// --- listening and connecting ---

Result<std::unique_ptr<reactor::Listener>> Internet::listen(HostId host, std::uint16_t port,
                                                            reactor::AcceptFn accept) {
  const std::pair key(host, port);
  if (listening_.contains(key)) return absl::AlreadyExistsError("the port is taken");
  listening_[key] = {engine_.incarnation(host), std::move(accept)};
  return std::make_unique<ListenerHandle>(*this, host, port);
}

void Internet::answer(HostId host, std::uint32_t incarnation, Duration wait,
                      const std::shared_ptr<reactor::ConnectFn>& done, Status status) {
  engine_.after(
      wait,
      {host, incarnation, EventKind::kRefused, {}, [weak = std::weak_ptr(done), status](ByteView) {
         if (const auto call = weak.lock()) (*call)(status);
       }});
}

std::shared_ptr<void> Internet::connect(HostId host, const std::string& to, std::uint16_t port,
                                        Duration timeout, reactor::ConnectFn done) {
  auto attempt = std::make_shared<reactor::ConnectFn>(std::move(done));
  const std::uint32_t incarnation = engine_.incarnation(host);
  const auto address = address_from(to);
  if (!address || address->link >= links_.size() ||
      links_[address->link]->host(1 - address->side) != host) {
    answer(host, incarnation, Duration::zero(), attempt,
           absl::UnavailableError("no route to " + to));
    return attempt;
  }
  Link& over = *links_[address->link];
  const HostId server = over.host(address->side);
  const auto nat = nats_.find(address->link);
  const bool hidden = nat != nats_.end() && nat->second.side == address->side;
  const auto power = powered_.find(server);
  const bool off = power != powered_.end() && !power->second;
  if (!over.both_up() || hidden || off || over.round_trip() >= timeout) {
    answer(host, incarnation, timeout, attempt, absl::UnavailableError("no answer from " + to));
    return attempt;
  }
  engine_.after(over.quality(1 - address->side).latency,
                {server,
                 0,
                 EventKind::kConnect,
                 {},
                 [this, at = *address, port, weak = std::weak_ptr(attempt), incarnation](ByteView) {
                   if (const auto call = weak.lock()) {
                     knock(at.link, at.side, port, call, incarnation);
                   }
                 }});
  return attempt;
}

// At the server: its kernel accepts or refuses; both programs hear of it in events of their own.
void Internet::knock(LinkNumber number, unsigned side, std::uint16_t port,
                     const std::shared_ptr<reactor::ConnectFn>& done, std::uint32_t incarnation) {
  Link& over = *links_[number];
  const HostId server = over.host(side), client = over.host(1 - side);
  const Duration back = over.quality(side).latency;
  const auto listening = listening_.find({server, port});
  if (listening == listening_.end() ||
      listening->second.incarnation != engine_.incarnation(server)) {
    answer(client, incarnation, back, done, absl::UnavailableError("connection refused"));
    return;
  }
  auto connection = std::make_shared<Connection>(*this, over);
  const std::uint16_t client_port = next_client_port_++;
  if (next_client_port_ == 0) next_client_port_ = 40'000;
  connection->set_end(0, client, address_of(number, side) + ":" + std::to_string(port), 1 - side);
  connection->set_end(1, server, address_of(number, 1 - side) + ":" + std::to_string(client_port),
                      side);
  connection->ends[0].incarnation = incarnation;
  connections_[number].push_back(connection);
  struct Handover {
    std::unique_ptr<reactor::Stream> server, client;
  };
  auto handles = std::make_shared<Handover>();
  handles->server = connection->handle(1);
  handles->client = connection->handle(0);
  engine_.after(Duration::zero(), {server,
                                   engine_.incarnation(server),
                                   EventKind::kAccept,
                                   {},
                                   [this, key = std::pair(server, port), handles](ByteView) {
                                     const auto found = listening_.find(key);
                                     if (found == listening_.end()) {
                                       handles->server.reset();
                                     } else {
                                       found->second.accept(std::move(handles->server));
                                     }
                                   }});
  engine_.after(back, {client,
                       incarnation,
                       EventKind::kConnected,
                       {},
                       [weak = std::weak_ptr(done), handles](ByteView) {
                         if (const auto call = weak.lock()) {
                           (*call)(std::move(handles->client));
                         } else {
                           handles->client.reset();
                         }
                       }});
}

// --- datagrams ---

std::uint64_t Internet::open_datagrams(HostId host, std::uint16_t port, DatagramEvents events) {
  while (port == 0 || (port >= 50'000 && by_port_.contains({host, port})))
    port = static_cast<std::uint16_t>(50'000 + random_.below(10'000));
  if (by_port_.contains({host, port})) return 0;
  const std::uint64_t id = ++last_socket_;
  sockets_[id] = {host, engine_.incarnation(host), port, std::move(events), {}};
  by_port_[{host, port}] = id;
  return id;
}

void Internet::close_datagrams(std::uint64_t socket) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return;
  by_port_.erase({found->second.host, found->second.port});
  sockets_.erase(found);
}

Sent Internet::send_datagram(std::uint64_t id, const std::string& to, ByteView data,
                             bool fragment) {
  Socket& socket = sockets_.at(id);
  const auto address = address_from(to);
  if (!address || address->link >= links_.size() ||
      links_[address->link]->host(1 - address->side) != socket.host || silent(socket.host)) {
    return Sent::kNoWay;
  }
  if (tap_) tap_(socket.host, links_[address->link]->host(address->side), data, false);
  Link& over = *links_[address->link];
  const unsigned side = 1 - address->side;
  const Time now = engine_.now();
  if (!fragment) {
    std::size_t known = kLocalMtu - kUdpHeaders;
    if (const auto told = socket.mtus.find(to); told != socket.mtus.end()) {
      if (told->second.second > now) {
        known = std::min(known, told->second.first);
      } else {
        socket.mtus.erase(told);
      }
    }
    if (data.size() > known) {
      say_path_mtu(id, to, known, Duration::zero());
      return Sent::kTooBig;
    }
    const std::size_t room = over.quality(side).mtu - kUdpHeaders;
    if (data.size() > room) {
      ++too_big;
      if (over.quality(side).says_too_big) say_path_mtu(id, to, room, over.round_trip());
      return Sent::kSent;
    }
  }
  const Address from{address->link, side, translate_out(address->link, side, socket.port)};
  const auto one = [&](ByteView bytes) {
    carry(from, *address, to_bytes(bytes),
          over.datagram(side, bytes.size() + kUdpHeaders, now, random_));
  };
  if (tamper_) {
    for (const Bytes& piece : tamper_(socket.host, data, false))
      one(piece);
  } else {
    one(data);
  }
  return Sent::kSent;
}

void Internet::say_path_mtu(std::uint64_t id, const std::string& to, std::size_t bytes,
                            Duration wait) {
  const Socket& socket = sockets_.at(id);
  if (!socket.events.path_mtu) return;
  engine_.after(
      wait,
      {socket.host, socket.incarnation, EventKind::kPathMtu, {}, [this, id, to, bytes](ByteView) {
         const auto found = sockets_.find(id);
         if (found == sockets_.end()) return;
         found->second.mtus[to] = {bytes, engine_.now() + kMtuMemory};
         const auto call = found->second.events.path_mtu;
         call(to, bytes);
       }});
}

void Internet::carry(const Address& from, const Address& to, Bytes data, const Passage& passage) {
  for (std::size_t i = 0; i < passage.count; ++i) {
    Bytes copy = data;
    if (passage.copies[i].corrupt && !copy.empty()) {
      copy[random_.below(copy.size())] ^= static_cast<std::uint8_t>(1U << random_.below(8));
    }
    engine_.at(passage.copies[i].at,
               {links_[to.link]->host(to.side), 0, EventKind::kDatagram, std::move(copy),
                [this, from, to](ByteView bytes) { arrive(from, to, bytes); }});
  }
}

void Internet::arrive(const Address& from, const Address& to, ByteView data) {
  const std::uint16_t port = translate_in(to.link, to.side, to.port);
  const auto found = by_port_.find({links_[to.link]->host(to.side), port});
  if (found == by_port_.end()) return;
  const Socket& socket = sockets_.at(found->second);
  if (socket.incarnation != engine_.incarnation(socket.host)) return;
  const auto call = socket.events.received;  // it may close the socket
  call(data, with_port(from));
}

// --- translation of addresses ---

std::uint16_t Internet::translate_out(LinkNumber number, unsigned side, std::uint16_t port) {
  const auto found = nats_.find(number);
  if (found == nats_.end() || found->second.side != side) return port;
  Nat& nat = found->second;
  const Time until = engine_.now() + kNatMemory;
  for (auto& [outside, entry] : nat.by_outside) {
    if (entry.inside != port || entry.until < engine_.now()) continue;
    entry.until = until;
    return outside;
  }
  const std::uint16_t outside = nat.next++;
  nat.by_outside[outside] = {port, until};
  return outside;
}

std::uint16_t Internet::translate_in(LinkNumber number, unsigned side, std::uint16_t port) {
  const auto found = nats_.find(number);
  if (found == nats_.end() || found->second.side != side) return port;
  const auto entry = found->second.by_outside.find(port);
  const bool living =
      entry != found->second.by_outside.end() && entry->second.until >= engine_.now();
  return living ? entry->second.inside : std::uint16_t{0};
}

}  // namespace mehr::mehr_sim
