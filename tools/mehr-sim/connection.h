// One TCP connection over a link: bytes in order, at the link's speed; it stalls while the link is
// down and breaks after 24 s of that. The two handles are Streams of two hosts. Owned by its
// handles and the events under way; engine thread.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/reactor/reactor.h"
#include "tools/mehr-sim/internet.h"

namespace mehr::mehr_sim {

struct Connection : std::enable_shared_from_this<Connection> {
  /// User timeout of our sockets (reticulum-wire §23).
  static constexpr Duration kPatience = 24s;

  Connection(Internet& net, Link& over) : internet(net), link(over) {}

  struct Piece {
    Bytes bytes;
    bool end = false;
  };
  struct End {
    HostId host = kNobody;
    std::uint32_t incarnation = 0;
    std::string peer;
    unsigned side = 0;  ///< of the link
    reactor::Stream::Events events;
    bool started = false, open = true, told_closed = false, finished = false;
    std::deque<Piece> waiting;                         ///< arrived before start()
    std::deque<Piece> stalled;                         ///< on its way to this end, link down
    std::deque<std::pair<Time, std::size_t>> sending;  ///< when how many bytes have left
    std::size_t sending_bytes = 0, stalled_bytes = 0, limit = std::size_t{1} << 20U;
    Time last_arrival{};
    struct Flying {
      EventHandle event = 0;
      Time leaves, arrives;
      bool end = false;
    };
    std::deque<Flying> flying;  ///< to this end
    bool drain_waits = false;   ///< looks again whether everything is with the kernel
  };

  /// @param side of the link it sends from
  void set_end(unsigned which, HostId host, std::string peer, unsigned side) {
    ends[which].host = host;
    ends[which].incarnation = internet.engine().incarnation(host);
    ends[which].peer = std::move(peer);
    ends[which].side = side;
  }
  std::unique_ptr<reactor::Stream> handle(unsigned which);
  bool write(unsigned which, ByteView data);
  void finish(unsigned which);
  void start(unsigned which, reactor::Stream::Events events);
  /// The handle is gone: nothing is told any more, the other side hears of the end.
  void abandon(unsigned which);
  [[nodiscard]] std::size_t queued(unsigned which);
  /// The link went down or came up.
  void link_changed();
  /// The link has another speed or delay: what has not left yet is sent anew.
  void quality_changed();
  /// Neither side can go on: both are told unless they left.
  void break_now(const char* reason);

  Internet& internet;
  Link& link;
  std::array<End, 2> ends;
  std::uint32_t outages = 0;  ///< counts changes, so that an old timeout is not ours
  bool broken = false;

 private:
  void send(unsigned which, Piece piece);
  void tell_drained(unsigned which);
  void arrive(unsigned which, ByteView bytes, bool end);
  void hand_over(unsigned which, ByteView bytes, bool end);
  void tell_closed(unsigned which, const Status& status);
  void later(unsigned which, Duration wait, EventKind kind, std::function<void()> run);
};

}  // namespace mehr::mehr_sim
