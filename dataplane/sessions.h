// Keys and counters of every hop link as the workers see them. The control plane makes the keys and
// decides when they change; this plane spends them: a sequence is never used twice, a frame never
// taken twice, nothing is sealed or opened past the hard stop. Source: architecture §3, SC-45..47.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/crypto/aead_batch.h"
#include "core/wire/hop_frame.h"
#include "dataplane/packet.h"
#include "dataplane/tables/replay_window.h"

namespace mehr::dataplane {

/// Ticks of the worker's clock (TSC); only differences mean anything.
using Ticks = std::uint64_t;

/// What we receive under: one epoch of one neighbour. Lanes are received by one worker each, so
/// their windows are never shared.
struct alignas(64) ReceiveSession {
  crypto::AeadKey key;
  std::uint32_t index = 0;  ///< receiver index in the frame header
  NeighbourIndex neighbour = kNoNeighbour;
  std::uint8_t lanes = 0;  ///< 0: no session in this place
  std::vector<ReplayWindow> windows;
  Ticks hard_stop = 0;
  std::uint64_t bytes_left = 0;  ///< until the hard stop
};

/// What we send under.
struct alignas(64) SendSession {
  crypto::AeadKey key;
  std::uint32_t remote_index = 0;
  bool live = false;
  std::uint8_t lane = 0;  ///< this worker's
  std::uint64_t next_sequence = 0;
  Ticks hard_stop = 0;
  std::uint64_t bytes_left = 0;
};

/// One neighbour as one worker sees it.
struct Neighbour {
  SendSession send;
  std::uint16_t frame_room = 0;  ///< bytes of records one frame to it holds
  std::uint8_t price = 0;        ///< price byte of what we hand it; not that of who handed it to us
  std::uint16_t port = 0;
};

/// Receive sessions by index. The control plane draws indices whose low bits name a free place.
class ReceiveSessions {
 public:
  /// @param places a power of two
  explicit ReceiveSessions(std::size_t places) : places_(places) {}
  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] ReceiveSession& place(std::uint32_t index) {
    return places_[index & (places_.size() - 1)];
  }
  /// nullptr for an index nobody gave out.
  [[nodiscard]] ReceiveSession* find(std::uint32_t index) {
    ReceiveSession& session = place(index);
    return session.lanes != 0 && session.index == index ? &session : nullptr;
  }

 private:
  std::vector<ReceiveSession> places_;
};

}  // namespace mehr::dataplane
