// The simulated internet: links between hosts, the datagram sockets, listeners and streams at their
// ends, translation of addresses, and what happens to all of them when links break or hosts die.
// Hosts reach it through their SimReactor. One thread, driven by the engine.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/reactor/reactor.h"
#include "tools/mehr-sim/engine.h"
#include "tools/mehr-sim/link.h"

namespace mehr::mehr_sim {

struct Connection;

/// Stands between a lying host and its wires: what it puts on them instead of what it meant to.
/// @param stream whether `data` is HDLC frames of a stream, else one datagram
using Tamper = std::function<std::vector<Bytes>(HostId, ByteView data, bool stream)>;
/// Sees what gateways write to sockets and streams, before anything happens to it.
/// @param to the host at the other end of the link
using Tap = std::function<void(HostId from, HostId to, ByteView data, bool stream)>;

/// What sockets hear of their datagrams.
struct DatagramEvents {
  std::function<void(ByteView, const std::string& from)> received;
  std::function<void(const std::string& to, std::size_t bytes)> path_mtu;
};

class Internet {
 public:
  explicit Internet(Engine& engine);
  ~Internet();

  LinkNumber add_link(HostId a, HostId b, const LinkQuality& quality);
  [[nodiscard]] Link& link(LinkNumber number) { return *links_[number]; }
  [[nodiscard]] std::size_t links() const { return links_.size(); }
  /// One direction up or down; `side` is the sender's. Streams over it stall, and break after 24 s.
  void set_up(LinkNumber number, unsigned side, bool up);
  /// Gives both directions other qualities.
  void set_quality(LinkNumber number, const std::array<LinkQuality, 2>& quality);
  /// Datagrams from that side appear under translated ports; nothing comes in unasked.
  void set_nat(LinkNumber number, unsigned side);
  /// All translations are forgotten and new ports used.
  void rebind(LinkNumber number);
  [[nodiscard]] bool has_nat(LinkNumber number) const { return nats_.contains(number); }

  void set_tamper(Tamper tamper) { tamper_ = std::move(tamper); }
  void set_tap(Tap tap) { tap_ = std::move(tap); }
  /// A host without power says no goodbyes while its sockets are destroyed.
  void set_silent(HostId host, bool silent);
  [[nodiscard]] bool silent(HostId host) const;
  /// A host that is off refuses nothing and answers nothing.
  void set_powered(HostId host, bool powered);

  // --- for SimReactor ---
  Result<std::unique_ptr<reactor::Listener>> listen(HostId host, std::uint16_t port,
                                                    reactor::AcceptFn accept);
  std::shared_ptr<void> connect(HostId host, const std::string& to, std::uint16_t port,
                                Duration timeout, reactor::ConnectFn done);
  /// @return 0 when the port is taken
  std::uint64_t open_datagrams(HostId host, std::uint16_t port, DatagramEvents events);
  void close_datagrams(std::uint64_t socket);
  /// @param fragment larger datagrams travel in pieces, else they are refused or vanish
  reactor::DatagramPort::Sent send_datagram(std::uint64_t socket, const std::string& to,
                                            ByteView data, bool fragment);
  // --- for streams ---
  Engine& engine() { return engine_; }
  Random& random() { return random_; }
  const Tamper& tamper() const { return tamper_; }
  const Tap& tap() const { return tap_; }

  std::uint64_t streams_broken = 0, nat_rebinds = 0, too_big = 0;

 private:
  struct Socket {
    HostId host = kNobody;
    std::uint32_t incarnation = 0;
    std::uint16_t port = 0;
    DatagramEvents events;
    std::map<std::string, std::pair<std::size_t, Time>> mtus;  ///< what routers said, until when
  };
  struct Nat {
    unsigned side = 0;
    std::uint16_t next = 20'000;
    struct Entry {
      std::uint16_t inside = 0;
      Time until;
    };
    std::map<std::uint16_t, Entry> by_outside;
  };
  struct Listening {
    std::uint32_t incarnation = 0;
    reactor::AcceptFn accept;
  };
  class ListenerHandle;

  [[nodiscard]] std::vector<std::shared_ptr<Connection>> connections(LinkNumber number);
  std::uint16_t translate_out(LinkNumber number, unsigned side, std::uint16_t port);
  std::uint16_t translate_in(LinkNumber number, unsigned side, std::uint16_t port);
  void carry(const Address& from, const Address& to, Bytes data, const Passage& passage);
  void arrive(const Address& from, const Address& to, ByteView data);
  void say_path_mtu(std::uint64_t socket, const std::string& to, std::size_t bytes, Duration wait);
  void knock(LinkNumber number, unsigned side, std::uint16_t port,
             const std::shared_ptr<reactor::ConnectFn>& done, std::uint32_t incarnation);
  void answer(HostId host, std::uint32_t incarnation, Duration wait,
              const std::shared_ptr<reactor::ConnectFn>& done, Status status);

  Engine& engine_;
  SeededRandom random_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::vector<std::weak_ptr<Connection>>> connections_;  ///< by link
  std::map<LinkNumber, Nat> nats_;
  std::map<std::uint64_t, Socket> sockets_;
  std::map<std::pair<HostId, std::uint16_t>, std::uint64_t> by_port_;
  std::map<std::pair<HostId, std::uint16_t>, Listening> listening_;
  std::map<HostId, bool> silent_, powered_;
  std::uint64_t last_socket_ = 0;
  std::uint16_t next_client_port_ = 40'000;
  Tamper tamper_;
  Tap tap_;
};

}  // namespace mehr::mehr_sim
