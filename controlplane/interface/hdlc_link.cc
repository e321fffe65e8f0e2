// Frames in, packets out, and the other way round. See hdlc_link.h.
#include "controlplane/interface/hdlc_link.h"

#include <algorithm>

namespace mehr::interface {
namespace {

/// Bytes a peer may be behind in any case before its newest packets are dropped: a fifth of a
/// second at 10 Mbit/s. What 256 clients that do not read may cost at most is 64 MiB, and 64 MiB
/// shared.
constexpr std::size_t kQueueBytes = std::size_t{256} << 10U;
/// The decoder keeps twice the MTU of an unfinished frame; a slow line without an MTU of its own
/// still gets room for any packet.
constexpr std::size_t kSmallestDecoder = 1064;

}  // namespace

HdlcLink::HdlcLink(Port& port, border::Counters& counters, std::unique_ptr<reactor::Stream> stream)
    : port_(port),
      counters_(counters),
      stream_(std::move(stream)),
      decoder_(std::max(port.frame_limit() - port.code_bytes(), kSmallestDecoder),
               port.code_bytes()) {
  stream_->set_queue_limit(std::max(kQueueBytes, 4 * port.frame_limit()));
  stream_->share_queue_memory();
}

void HdlcLink::start(std::function<void(const Status&)> closed) {
  closed_ = std::move(closed);
  reactor::Stream::Events events;
  events.data = [this](ByteView data) { received(data); };
  events.closed = [this](const Status& status) {
    const auto call = std::move(closed_);  // the call may destroy this link
    call(status);
  };
  stream_->start(std::move(events));
}

void HdlcLink::received(ByteView data) {
  decoder_.push(data, [this](ByteView frame) { port_.received(frame); });
  const wire::HdlcDecoder::Counts& counts = decoder_.counts();
  counters_.add(border::Counter::kRxTooShort, counts.too_short - counted_.too_short);
  counters_.add(border::Counter::kRxTooLong, counts.too_long - counted_.too_long);
  counters_.add(border::Counter::kRxRunaway, counts.runaway - counted_.runaway);
  counted_ = counts;
}

void HdlcLink::send(ByteView packet) {
  const auto frame = port_.outgoing(packet);
  if (!frame) return;
  framed_.clear();
  wire::hdlc_append(framed_, *frame);
  if (stream_->write(framed_)) {
    port_.sent(frame->size());
  } else {
    port_.dropped(border::Counter::kTxQueueFull);
  }
}

}  // namespace mehr::interface
