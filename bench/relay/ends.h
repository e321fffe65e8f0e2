// The two ends of a relay under test: connections that send ready-made frames as fast as they are
// taken and read what arrives as packets. Everything polls; bench thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/crypto/access_code.h"
#include "core/wire/hdlc.h"

namespace mehr::bench {

using Clock = std::chrono::steady_clock;

class End {
 public:
  /// Connects to loopback, again and again until somebody listens. Aborts after 60 s.
  End(std::uint16_t port, const crypto::AccessCode* code);
  ~End();
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  /// The frame of a packet on this interface, with its access code.
  void append_frame(Bytes& out, ByteView packet) const;
  /// Sends all of it. Waits for room, meanwhile calling `idle`.
  void send(
      ByteView frames, const std::function<void()>& idle = [] {});
  /// As much as is taken now. @return bytes
  std::size_t send_some(ByteView frames);
  /// Reads what is there, codes still on. @param each called per frame
  template <typename Each>
  void receive_frames(Each each) {
    for (ByteView chunk = read(); !chunk.empty(); chunk = read())
      decoder_.push(chunk, each);
  }
  /// The packet in a frame of this interface; empty when the code is wrong.
  [[nodiscard]] Bytes packet_of(ByteView frame) const;
  /// Reads what is there. @param each called per packet, its code removed
  template <typename Each>
  void receive(Each each) {
    receive_frames([&](ByteView frame) {
      if (code_ == nullptr) return each(frame);
      if (const auto packet = code_->admit(frame)) each(*packet);
    });
  }
  /// The first packet that `wanted` accepts. @return nullopt after `patience`
  std::optional<Bytes> wait_for(const std::function<bool(ByteView)>& wanted,
                                std::chrono::milliseconds patience);
  [[nodiscard]] int descriptor() const { return fd_; }

 private:
  ByteView read();

  int fd_ = -1;
  const crypto::AccessCode* code_;
  wire::HdlcDecoder decoder_{8'192, kCode};
  static constexpr std::size_t kCode = 16;
  Bytes buffer_ = Bytes(256 * 1'024);
};

}  // namespace mehr::bench
