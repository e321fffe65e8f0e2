// Bytes of a stream on their way, and its end. See connection.h.
#include "tools/mehr-sim/connection.h"

#include <algorithm>
#include <utility>

namespace mehr::mehr_sim {
namespace {

constexpr std::size_t kKernelBuffer = 65'536;
constexpr Duration kLookAgain = 1s;
constexpr std::size_t kHeaders = 40;
constexpr Duration kRetransmit = 300ms;

class StreamHandle final : public reactor::Stream {
 public:
  StreamHandle(std::shared_ptr<Connection> connection, unsigned which)
      : connection_(std::move(connection)), which_(which) {}
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;
  ~StreamHandle() override { connection_->abandon(which_); }
  void start(Events events) override { connection_->start(which_, std::move(events)); }
  bool write(ByteView data) override { return connection_->write(which_, data); }
  [[nodiscard]] std::size_t queued_bytes() const override { return connection_->queued(which_); }
  void set_queue_limit(std::size_t bytes) override { connection_->ends[which_].limit = bytes; }
  void finish() override { connection_->finish(which_); }
  [[nodiscard]] const std::string& peer() const override { return connection_->ends[which_].peer; }
  [[nodiscard]] const std::optional<reactor::PeerUser>& peer_user() const override {
    return nobody_;
  }

 private:
  std::optional<reactor::PeerUser> nobody_;  // a wire has no user
  std::shared_ptr<Connection> connection_;
  unsigned which_;
};

}  // namespace

std::unique_ptr<reactor::Stream> Connection::handle(unsigned which) {
  return std::make_unique<StreamHandle>(shared_from_this(), which);
}

void Connection::later(unsigned which, Duration wait, EventKind kind, std::function<void()> run) {
  internet.engine().after(wait,
                          {ends[which].host,
                           ends[which].incarnation,
                           kind,
                           {},
                           [self = shared_from_this(), run = std::move(run)](ByteView) { run(); }});
}

std::size_t Connection::queued(unsigned which) {
  End& end = ends[which];
  const Time now = internet.engine().now();
  while (!end.sending.empty() && end.sending.front().first <= now) {
    end.sending_bytes -= end.sending.front().second;
    end.sending.pop_front();
  }
  const std::size_t held = end.sending_bytes + ends[1 - which].stalled_bytes;
  return held > kKernelBuffer ? held - kKernelBuffer : 0;
}

bool Connection::write(unsigned which, ByteView data) {
  End& end = ends[which];
  if (!end.open || end.finished || broken || internet.silent(end.host)) return false;
  if (queued(which) + data.size() > end.limit) return false;
  if (internet.tap()) internet.tap()(end.host, ends[1 - which].host, data, true);
  if (!internet.tamper()) {
    send(which, {to_bytes(data), false});
  } else {
    for (Bytes& piece : internet.tamper()(end.host, data, true))
      send(which, {std::move(piece), false});
  }
  tell_drained(which);
  return true;
}

// As the reactor does: once what did not fit the kernel has gone there. Lines change their speed
// and stall, so it looks again and again.
void Connection::tell_drained(unsigned which) {
  End& end = ends[which];
  const std::size_t waiting = queued(which);
  if (waiting == 0 || end.drain_waits || !end.events.drained) return;
  end.drain_waits = true;
  const Time now = internet.engine().now();
  Time due = now + kLookAgain;
  std::size_t gone = 0;
  for (const auto& [leaves, bytes] : end.sending) {
    gone += bytes;
    if (gone < waiting) continue;
    due = std::min(due, leaves);
    break;
  }
  later(which, due - now, EventKind::kPost, [this, which] {
    End& again = ends[which];
    again.drain_waits = false;
    if (!again.open || broken) return;
    if (queued(which) > 0) return tell_drained(which);
    again.events.drained();
  });
}

void Connection::send(unsigned which, Piece piece) {
  End& from = ends[which];
  End& to = ends[1 - which];
  const Time now = internet.engine().now();
  const std::size_t size = piece.bytes.size() + kHeaders;
  const auto sent = link.stream(from.side, size, to.last_arrival, now, internet.random());
  from.sending.emplace_back(sent.sent, size);
  from.sending_bytes += size;
  to.last_arrival = sent.arrives;
  const bool end = piece.end;
  const EventHandle event = internet.engine().at(
      sent.arrives,
      {to.host, to.incarnation, end ? EventKind::kClosed : EventKind::kData, std::move(piece.bytes),
       [self = shared_from_this(), other = 1 - which, end](ByteView bytes) {
         self->arrive(other, bytes, end);
       }});
  while (!to.flying.empty() && to.flying.front().arrives < now)
    to.flying.pop_front();
  to.flying.push_back({event, sent.sent, sent.arrives, end});
}

void Connection::quality_changed() {
  if (broken) return;
  const Time now = internet.engine().now();
  for (unsigned which : {0U, 1U}) {
    End& to = ends[which];
    End& from = ends[1 - which];
    std::vector<Piece> again;
    while (!to.flying.empty() && to.flying.back().leaves > now) {
      const End::Flying last = to.flying.back();
      to.flying.pop_back();
      if (auto event = internet.engine().take(last.event))
        again.push_back({std::move(event->bytes), last.end});
    }
    to.last_arrival = to.flying.empty() ? now : to.flying.back().arrives;
    from.sending.clear();
    from.sending_bytes = 0;
    for (auto piece = again.rbegin(); piece != again.rend(); ++piece)
      send(1 - which, std::move(*piece));
  }
}

void Connection::arrive(unsigned which, ByteView bytes, bool end) {
  if (broken) return;
  End& to = ends[which];
  if (!link.both_up() || !to.stalled.empty()) {
    to.stalled_bytes += bytes.size() + kHeaders;
    to.stalled.push_back({to_bytes(bytes), end});
    return;
  }
  hand_over(which, bytes, end);
}

void Connection::hand_over(unsigned which, ByteView bytes, bool end) {
  End& to = ends[which];
  if (!to.open) return;
  if (!to.started || !to.waiting.empty()) {
    to.waiting.push_back({to_bytes(bytes), end});
    return;
  }
  if (end) {
    tell_closed(which, absl::OkStatus());
  } else {
    to.events.data(bytes);
  }
}

void Connection::start(unsigned which, reactor::Stream::Events events) {
  End& end = ends[which];
  end.events = std::move(events);
  end.started = true;
  if (broken) {
    later(which, Duration::zero(), EventKind::kClosed, [this, which] {
      tell_closed(which, absl::UnavailableError("the connection was reset"));
    });
    return;
  }
  if (end.waiting.empty()) return;
  later(which, Duration::zero(), EventKind::kData, [this, which] {
    std::deque<Piece> pieces = std::exchange(ends[which].waiting, {});
    for (const Piece& piece : pieces)
      hand_over(which, piece.bytes, piece.end);
  });
}

void Connection::finish(unsigned which) {
  End& end = ends[which];
  if (end.finished || !end.open) return;
  end.finished = true;
  if (broken || internet.silent(end.host)) return;
  send(which, {{}, true});
  later(which, ends[1 - which].last_arrival - internet.engine().now() + link.round_trip() / 2,
        EventKind::kClosed, [this, which] { tell_closed(which, absl::OkStatus()); });
}

void Connection::abandon(unsigned which) {
  End& end = ends[which];
  if (!end.open) return;
  end.open = false;
  if (broken) return;
  if (internet.silent(end.host)) {
    internet.engine().after(
        kPatience, {kNobody, 0, EventKind::kControl, {}, [self = shared_from_this()](ByteView) {
                      self->break_now("the connection timed out");
                    }});
    return;
  }
  if (!end.finished) send(which, {{}, true});
}

void Connection::tell_closed(unsigned which, const Status& status) {
  End& end = ends[which];
  if (!end.open || !end.started || end.told_closed) return;
  end.told_closed = true;
  end.events.closed(status);
}

void Connection::link_changed() {
  if (broken) return;
  const std::uint32_t outage = ++outages;
  const auto self = shared_from_this();
  if (!link.both_up()) {
    internet.engine().after(kPatience,
                            {kNobody, 0, EventKind::kControl, {}, [self, outage](ByteView) {
                               if (self->outages == outage)
                                 self->break_now("the connection timed out");
                             }});
    return;
  }
  for (unsigned which : {0U, 1U}) {
    later(which, kRetransmit + link.round_trip(), EventKind::kData, [this, which, outage] {
      if (outages != outage) return;
      std::deque<Piece> pieces = std::exchange(ends[which].stalled, {});
      ends[which].stalled_bytes = 0;
      for (const Piece& piece : pieces)
        hand_over(which, piece.bytes, piece.end);
    });
  }
}

void Connection::break_now(const char* reason) {
  if (broken) return;
  broken = true;
  ++internet.streams_broken;
  for (unsigned which : {0U, 1U}) {
    later(which, Duration::zero(), EventKind::kClosed, [this, which, text = std::string(reason)] {
      tell_closed(which, absl::UnavailableError(text));
    });
  }
}

}  // namespace mehr::mehr_sim
