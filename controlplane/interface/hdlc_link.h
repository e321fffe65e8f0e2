// One TCP connection carrying HDLC frames for a port: decodes eagerly what arrives, queues what
// leaves in a bounded queue of its own. Owned by the TCP server (one a client) and the TCP client
// (one a connection). Reactor thread.
#pragma once

#include <functional>
#include <memory>

#include "controlplane/interface/port.h"
#include "controlplane/reactor/reactor.h"
#include "core/wire/hdlc.h"

namespace mehr::interface {

class HdlcLink {
 public:
  /// @param port, counters must outlive the link
  HdlcLink(Port& port, border::Counters& counters, std::unique_ptr<reactor::Stream> stream);

  /// @param closed called once, when the connection is over; may destroy the link
  void start(std::function<void(const Status&)> closed);
  /// Frames and queues one packet; drops it, counted, when the queue is full.
  void send(ByteView packet);
  void finish() { stream_->finish(); }
  [[nodiscard]] std::size_t queued_bytes() const { return stream_->queued_bytes(); }
  [[nodiscard]] const std::string& peer() const { return stream_->peer(); }

 private:
  void received(ByteView data);

  Port& port_;
  border::Counters& counters_;
  std::unique_ptr<reactor::Stream> stream_;
  wire::HdlcDecoder decoder_;
  wire::HdlcDecoder::Counts counted_;
  Bytes framed_;  ///< the packet being sent
  std::function<void(const Status&)> closed_;
};

}  // namespace mehr::interface
