// One end of one link: keys, state, keepalives, and sealing and sending its packets. What crosses
// it (messages, resources) belongs to the files that use it; finding the link of a packet to
// links.h. Reactor thread. Source: reticulum-wire §14, §16.
#pragma once

#include "controlplane/endpoint/context.h"
#include "controlplane/endpoint/resource_channel.h"
#include "core/crypto/identity.h"
#include "core/wire/link.h"

namespace mehr::endpoint {

class Link final : public ResourceChannel {
 public:
  enum class State : std::uint8_t { kPending, kHandshake, kActive, kStale, kClosed };

  /// Initiator's end. Nothing is sent yet. @param mtu to signal
  static std::unique_ptr<Link> to(Context& context, const DestinationHash& destination,
                                  const PublicIdentity& identity, std::uint32_t mtu);
  /// Responder's end of a request received over `interface`. @param mtu agreed
  /// @return nullptr when the initiator's key is worthless
  static std::unique_ptr<Link> from(Context& context, const wire::LinkRequest& request,
                                    const LinkId& id, const DestinationHash& destination,
                                    routing::InterfaceId interface, std::uint8_t hops,
                                    std::uint32_t mtu);
  ~Link() override;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // --- handshake ---
  /// Initiator: sends the request along the path. @return false when no interface took it
  bool send_request();
  /// Initiator: checks the proof; on success the link is active and the round trip time reported.
  bool prove(const routing::Delivery& delivery);
  /// Responder: has the proof signed and sends it.
  void send_proof();
  /// Responder: the initiator's report of the round trip time, or any first packet that decrypts.
  void activate(std::optional<double> reported_rtt_s);
  /// Initiator: the report again, in case the first was lost and the other end still waits for it.
  void repeat_rtt();

  // --- packets ---
  /// Decrypts the data of a link packet and notes the activity; nullopt is counted.
  std::optional<Bytes> open(const routing::Delivery& delivery);
  /// A packet arrived: the other end lives.
  void heard(const routing::Delivery& delivery, bool keepalive);
  /// Proves a packet received over this link.
  void prove_packet(const Hash32& packet_hash);
  void answer_keepalive();
  /// Remembers who the initiator says it is; the first time counts.
  void identify(ByteView plaintext);
  /// Sends LINKCLOSE when there is somebody to hear it, and closes.
  void close();
  void closed_by_peer() { state_ = State::kClosed; }

  // --- ResourceChannel ---
  Sent send(wire::Context kind, ByteView plaintext) override;
  Sent send_clear(wire::PacketType type, wire::Context kind, ByteView data) override;
  [[nodiscard]] Bytes seal(ByteView plaintext) override;
  [[nodiscard]] std::optional<Bytes> unseal(ByteView token) const override;
  [[nodiscard]] const LinkId& id() const override { return id_; }
  [[nodiscard]] Duration rtt() const override { return rtt_; }
  [[nodiscard]] std::size_t mtu() const override { return mtu_; }
  [[nodiscard]] double bits_per_second() const override;
  [[nodiscard]] Random& random() override { return context_.random; }
  [[nodiscard]] Time now() const override { return context_.now; }

  /// Keepalive, staleness, patience. State kClosed afterwards means it is over.
  void tick();
  [[nodiscard]] Time next_due() const;

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool usable() const { return state_ == State::kActive || state_ == State::kStale; }
  [[nodiscard]] bool initiator() const { return initiator_; }
  /// That it leads to, the same at both ends.
  [[nodiscard]] const DestinationHash& destination() const { return destination_; }
  /// Initiator: the destination asked for. Responder: what the peer identified as, or zero.
  [[nodiscard]] const DestinationHash& peer() const { return peer_; }
  [[nodiscard]] const std::optional<PublicIdentity>& peer_identity() const { return identity_; }
  [[nodiscard]] ByteView peer_verify_key() const { return peer_verify_key_.view(); }
  [[nodiscard]] std::optional<routing::InterfaceId> interface() const { return interface_; }
  [[nodiscard]] std::uint8_t hops() const { return hops_; }
  [[nodiscard]] const routing::SignalReport& signal() const { return signal_; }
  [[nodiscard]] Time last_payload() const { return last_payload_; }
  [[nodiscard]] Time created() const { return created_; }
  /// Whether anything came from the other end since the link became active.
  [[nodiscard]] bool heard_since_active() const { return heard_since_active_; }
  [[nodiscard]] Time last_inbound() const { return last_inbound_; }

 private:
  Link(Context& context, bool initiator);
  /// Wipes what it was given.
  void derive_key(Hash32& shared);
  void became_active(Duration rtt);
  [[nodiscard]] Time keepalive_due() const;
  void sent(std::size_t bytes, bool payload);
  Sent transmit(wire::PacketType type, wire::Context kind, ByteView data);

  Context& context_;
  bool initiator_;
  State state_ = State::kPending;
  LinkId id_;
  Bytes request_;                              ///< initiator: the request packet
  Hash32 agreement_private_;                   ///< ephemeral X25519, wiped once the key is derived
  std::optional<crypto::SigningKey> signing_;  ///< initiator's ephemeral Ed25519
  Hash32 agreement_public_;                    ///< responder's, for the proof
  Hash32 peer_verify_key_;
  FixedBytes<64> key_;
  DestinationHash destination_;  ///< the link's, the same at both ends
  DestinationHash peer_;
  std::optional<PublicIdentity> identity_;
  std::optional<routing::InterfaceId> interface_;
  std::uint8_t hops_ = 0;
  std::uint32_t mtu_;
  routing::SignalReport signal_;

  Time created_, deadline_;  ///< deadline of the handshake
  Time last_inbound_, last_outbound_, last_keepalive_, last_payload_;
  std::optional<Time> stale_until_;
  Duration rtt_{}, keepalive_{};
  std::size_t handshake_bytes_ = 0;
  bool heard_since_active_ = false;
};

}  // namespace mehr::endpoint
