// One TCP connection as a carrier of hop links: frames behind a length, one other end whose address
// cannot be forged. Reactor thread; owned by HopTcp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controlplane/interface/alarm.h"
#include "controlplane/interface/interface.h"
#include "controlplane/interface/port.h"
#include "controlplane/neighbour/carriers.h"
#include "core/wire/hop_stream.h"

namespace mehr::interface {

class HopConnection final : private neighbour::Carrier {
 public:
  /// Comes up as a carrier at once. @param port the row its frames are counted in
  HopConnection(const InterfaceContext& context, Port& port, neighbour::CarrierSetup setup,
                std::unique_ptr<reactor::Stream> stream);
  HopConnection(const HopConnection&) = delete;
  HopConnection& operator=(const HopConnection&) = delete;
  ~HopConnection() override;

  /// `closed` is called once, later, with a sentence; it may destroy the connection.
  void start(std::function<void(std::string)> closed);
  /// Greets the other end. @param expected nobody else is accepted
  void dial(const std::optional<IdentityHash>& expected);

  /// No carrier any more; what is queued is still sent, then `closed` follows.
  void finish();

  [[nodiscard]] std::uint32_t id() const { return id_; }
  [[nodiscard]] const std::string& peer() const { return stream_->peer(); }
  [[nodiscard]] std::size_t queued_bytes() const { return stream_->queued_bytes(); }

 private:
  [[nodiscard]] bool ready() const override;
  Sent send(const std::string& address, ByteView frame) override;
  void received(ByteView data);
  void check();
  void close(std::string reason);

  InterfaceContext context_;
  Port& port_;
  std::unique_ptr<reactor::Stream> stream_;
  wire::HopStreamDecoder decoder_;
  std::function<void(std::string)> closed_;
  std::uint32_t id_ = 0;
  Alarm check_, end_;
};

}  // namespace mehr::interface
