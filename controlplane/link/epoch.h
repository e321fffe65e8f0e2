// One pair of traffic keys and everything that must die with it: send counters, replay windows, how
// old and how used it is. Keys are wiped at destruction. Pure; one owner.
// Source: architecture §3, SC-45, SC-47.
#pragma once

#include <optional>
#include <vector>

#include "controlplane/link/handshake.h"
#include "controlplane/link/replay_window.h"
#include "core/base/time.h"
#include "core/border/messages.h"

namespace mehr::link {

/// When keys are replaced, and when they are refused: at kHardStop times either limit.
struct RekeyLimits {
  Duration age = 1h;
  std::uint64_t bytes = 1'000'000;  ///< each direction
  static constexpr double kHardStop = 1.25;
  /// max(1 MB, what the link carries in 60 s) (SC-47: bytes, not bits).
  static RekeyLimits for_bitrate(std::uint64_t bitrate_bps);
};

class Epoch {
 public:
  Epoch(std::uint32_t number, crypto::HopSide side, std::uint32_t local_index,
        std::uint32_t remote_index, const crypto::HopTrafficKeys& keys, std::uint8_t receive_lanes,
        bool compact, Time now);
  Epoch(const Epoch&) = delete;
  Epoch& operator=(const Epoch&) = delete;
  ~Epoch();

  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] Time begun() const { return begun_; }
  [[nodiscard]] std::uint32_t local_index() const { return local_index_; }
  [[nodiscard]] std::uint32_t remote_index() const { return remote_index_; }
  [[nodiscard]] const Hash32& chain() const { return chain_; }
  /// The next epoch has begun: what it was made from must not outlive that.
  void forget_chain() { wipe(chain_.mutable_view()); }

  /// Header, ciphertext and tag, in one buffer. @param padding bytes of a padding record behind the
  /// records, 0 for none @return nullopt once the keys are past their hard stop
  std::optional<Bytes> seal(ByteView records, std::uint8_t lane, const RekeyLimits& limits,
                            Time now, std::size_t padding);

  enum class Verdict : std::uint8_t { kOpened, kReplay, kForged, kExpired, kBadLane };
  /// Nothing changes unless the tag verifies. @param records filled on kOpened
  /// @param newest whether its sequence is above every other on its lane
  Verdict open(const wire::HopDataFrame& frame, const RekeyLimits& limits, Time now, Bytes& records,
               bool& newest);

  // --- a forwarding plane beside this one opens and seals under these keys (core/border/001) ---
  /// The neighbour is left zero.
  [[nodiscard]] border::SetReceive lend_receive(const RekeyLimits& limits, Time now);
  /// Sequences of a lane nobody used, and nobody will be given again. @return nullopt when the lane
  /// has none left
  std::optional<border::SetSend> lend_send(std::uint8_t lane, const RekeyLimits& limits, Time now);
  /// How far the other plane is with what it was lent last. @return bytes since it said so last
  std::uint64_t used_elsewhere(const border::KeyUse::Row& row);

  /// Age or bytes of either direction have reached `share` of their limit.
  [[nodiscard]] bool worn(const RekeyLimits& limits, Time now, double share) const;
  /// When age alone reaches `share`; bytes may bring it earlier.
  [[nodiscard]] Time worn_at(const RekeyLimits& limits, double share) const {
    return begun_ + from_seconds(to_seconds(limits.age) * share);
  }

 private:
  std::uint32_t number_, local_index_, remote_index_;
  bool compact_;
  Hash32 chain_, send_key_, receive_key_;
  Time begun_;
  std::uint64_t sent_bytes_ = 0, received_bytes_ = 0;
  std::uint64_t send_left_ = 0, receive_left_ = 0;  ///< bytes the other plane may still use
  std::vector<std::uint64_t> next_sequence_;        ///< by lane, grown as lanes are used
  std::vector<ReplayWindow> windows_;               ///< by lane, all made at once
};

}  // namespace mehr::link
