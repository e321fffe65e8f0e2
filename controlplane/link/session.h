// An authenticated session with one neighbour: the current keys, the previous ones while frames
// under them may still be on the way, and the next ones while they are being agreed. Re-keys in
// band with fresh X25519 keys under the old ones, so that no frame is lost and old keys cannot be
// recovered. Pure; reactor thread. Source: architecture §3, spec/03 §3.2, SC-45..SC-47.
//
// Re-key: the offering side sends its half until it is answered; the answering side receives under
// the new keys at once and sends under them as soon as a frame under them has arrived; the offering
// side switches when the answer comes. If both offer at once the handshake's initiator wins.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "controlplane/link/epoch.h"

namespace mehr::link {

struct SessionOptions {
  RekeyLimits limits;
  bool compact = false;
  std::uint8_t receive_lanes = 1;
  Duration old_keys_kept = 10s;
  Duration offer_repeat = 1s;
};

class Session {
 public:
  /// Gives an index no other session of this node receives on (compact carriers: 0..63).
  using NewIndex = std::function<std::uint32_t()>;

  Session(const SessionSeed& seed, SessionOptions options, Random& random, NewIndex new_index,
          Time now);

  [[nodiscard]] const PublicIdentity& peer() const { return peer_; }
  [[nodiscard]] const wire::HopCapabilities& peer_capabilities() const { return capabilities_; }
  [[nodiscard]] std::uint32_t epoch() const { return current_->number(); }
  [[nodiscard]] Time epoch_since() const { return current_->begun(); }
  /// Every index frames for this session may carry now, or may when the peer answers an offer.
  [[nodiscard]] std::vector<std::uint32_t> local_indices() const;
  /// No frame can be sent any more: the keys reached their hard stop without a new pair.
  [[nodiscard]] bool dead(Time now) const;

  /// @param records whole records (wire::append_hop_record) @param lane taken modulo the lanes the
  /// peer receives on @param padding bytes of a padding record behind them, 0 for none
  /// @return nullopt when dead
  std::optional<Bytes> seal(ByteView records, std::uint8_t lane, Time now, std::size_t padding = 0);

  struct Opened {
    Epoch::Verdict verdict = Epoch::Verdict::kForged;
    bool newest = false;    ///< on kOpened: newest keys, ahead of all before on its lane
    bool outdated = false;  ///< on kOpened: the peer has not yet seen a frame under our new keys
    Bytes records;          ///< on kOpened: everything but re-key records, whole
  };
  /// Opens a frame and takes care of re-key records in it. A frame whose records are damaged counts
  /// as forged.
  Opened open(const wire::HopDataFrame& frame, Time now);

  // --- a forwarding plane beside this one; see epoch.h ---
  /// What frames may carry as index now, without offers nobody answered.
  [[nodiscard]] std::vector<std::uint32_t> receive_indices() const;
  [[nodiscard]] std::uint32_t send_index() const { return current_->remote_index(); }
  /// Lanes the peer receives on.
  [[nodiscard]] std::uint8_t peer_lanes() const { return capabilities_.lanes; }
  std::optional<border::SetReceive> lend_receive(std::uint32_t local_index, Time now);
  std::optional<border::SetSend> lend_send(std::uint8_t lane, Time now);
  /// Frames were opened or sealed there. @param bytes how many since the last time
  /// @return as of one opened here, without records
  Opened used_elsewhere(const border::KeyUse::Row& row, std::uint64_t& bytes, Time now);
  /// The records of a frame that was opened there, as open() would.
  Opened opened_elsewhere(ByteView records, Time now);

  /// Starts or repeats a re-key when due, ends old keys. @param force start one now
  /// @return a control record to send at once, or empty
  Bytes maintain(Time now, bool force = false);
  /// A record to send that open() produced (a re-key answer), or empty. Clears it.
  Bytes take_reply();
  [[nodiscard]] Time next_due() const;

 private:
  struct Offer {
    Ephemeral ephemeral;
    Bytes body;
    Time repeat_at;
    std::uint32_t local_index;
  };
  bool receive_records(ByteView plaintext, Bytes& passed, Time now);
  void receive_offer(ByteView body, Time now);
  void receive_answer(ByteView body, Time now);
  void promote_next(Time now);
  /// nullopt when it cannot be the next pair, or names an index this carrier cannot address.
  [[nodiscard]] std::optional<wire::HopRekey> next_half(ByteView body) const;
  [[nodiscard]] Epoch* epoch_of(std::uint32_t local_index) const;

  SessionOptions options_;
  Random& random_;
  NewIndex new_index_;
  PublicIdentity peer_;
  wire::HopCapabilities capabilities_;
  crypto::HopSide side_;
  std::unique_ptr<Epoch> current_, previous_, next_;
  Time previous_until_;
  std::optional<Offer> offer_;
  Bytes answered_offer_, answer_body_;  ///< of next_, to answer a repeated offer the same way
  Bytes reply_;
};

}  // namespace mehr::link
