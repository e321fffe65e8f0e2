// See hop_connection.h.
#include "controlplane/interface/hop_connection.h"

#include <utility>

namespace mehr::interface {
namespace {

/// More than this waiting in the stream and the neighbour's own queue is where packets wait.
constexpr std::size_t kReadyBytes = 64 << 10;
/// One frame more than ready() admits, and what probes and handshakes add.
constexpr std::size_t kQueueBytes = 512 << 10;
/// A connection without a neighbour is kept this long: a handshake takes at most 10 s.
constexpr Duration kUnlinkedMost = 15s;

}  // namespace

HopConnection::HopConnection(const InterfaceContext& context, Port& port,
                             neighbour::CarrierSetup setup, std::unique_ptr<reactor::Stream> stream)
    : context_(context),
      port_(port),
      stream_(std::move(stream)),
      check_(context_.reactor),
      end_(context_.reactor) {
  stream_->set_queue_limit(kQueueBytes);
  id_ = context_.carriers->carrier_up(*this, std::move(setup));
}

HopConnection::~HopConnection() {
  if (id_ != 0) context_.carriers->carrier_down(id_);
}

void HopConnection::finish() {
  check_.cancel();
  context_.carriers->carrier_down(std::exchange(id_, 0));
  stream_->finish();
}

void HopConnection::start(std::function<void(std::string)> closed) {
  closed_ = std::move(closed);
  reactor::Stream::Events events;
  events.data = [this](ByteView data) { received(data); };
  events.closed = [this](const Status& status) {
    close(status.ok() ? "the other side closed the connection" : std::string(status.message()));
  };
  events.drained = [this] {
    if (id_ != 0) context_.carriers->writable(id_);
  };
  stream_->start(std::move(events));
  check_.after(kUnlinkedMost, [this] { check(); });
}

void HopConnection::dial(const std::optional<IdentityHash>& expected) {
  context_.carriers->maintain_peer(id_, "", expected);
}

void HopConnection::received(ByteView data) {
  if (id_ == 0) return;
  const bool good = decoder_.push(data, [this](ByteView frame) {
    port_.heard(frame.size());
    context_.carriers->frame(id_, "", frame, Duration::zero());
  });
  if (good) return;
  context_.counters.add(border::Counter::kHopMalformed);
  close("the other side does not speak this protocol");
}

bool HopConnection::ready() const {
  return stream_->queued_bytes() < kReadyBytes;
}

neighbour::Carrier::Sent HopConnection::send(const std::string&, ByteView frame) {
  if (!stream_->write(wire::encode_hop_stream(frame))) return Sent::kBusy;
  port_.sent(frame.size());
  return Sent::kSent;
}

void HopConnection::check() {
  if (!context_.carriers->linked(id_, "")) return close("no link came about");
  check_.after(kUnlinkedMost, [this] { check(); });
}

// Through a timer, because whoever called is still inside this connection.
void HopConnection::close(std::string reason) {
  end_.after(Duration::zero(), [this, reason = std::move(reason)] {
    const auto call = std::move(closed_);
    if (call) call(reason);
  });
}

}  // namespace mehr::interface
