// The neighbours of this node: finds out who is there, keeps a session with each, and turns records
// into frames and back. Carriers (UDP, TCP, radio, Reticulum links) move the frames; the scheduler
// decides what goes next; this decides with whom and under which keys. Pure; reactor thread.
// Source: architecture §3, spec/03 §3, SC-43..SC-47.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/link/admission.h"
#include "controlplane/link/session.h"
#include "controlplane/signer/signer.h"
#include "core/base/random.h"
#include "core/border/counters.h"

namespace mehr::link {

/// One carrier of this host and an address on it.
struct CarrierPath {
  std::uint32_t carrier = 0;
  std::string address;  ///< "192.0.2.1:4343"; empty on carriers with one other end
  auto operator<=>(const CarrierPath&) const = default;
};

struct CarrierTraits {
  std::string name;              ///< for operators
  bool forgeable_source = true;  ///< datagrams: pad hellos, ask for cookies
  bool compact = false;          ///< radio: compact frames
  /// Network address of the one other end ("192.0.2.1:4343"): handshakes are limited by its
  /// network. Empty: by where each frame comes from, or by carrier if that cannot be forged.
  std::string source = {};
  std::uint16_t max_frame = 1'232;
  std::uint64_t bitrate_bps = 100'000'000;
  /// What an answer takes at least, where the bit rate does not tell; zero when it does.
  Duration round_trip{};
  /// Frames wait for nobody's address translation and cost others airtime: be quiet when slow.
  bool quiet = false;
  bool padded = true;  ///< false: frames keep their length whatever LinksConfig::padding says
  /// Who may link here; null: LinksConfig::policy.
  std::shared_ptr<const PeerPolicy> policy = nullptr;
};

/// Names a neighbour while its link is up; never used again.
struct NeighbourId {
  std::uint32_t value = 0;
  auto operator<=>(const NeighbourId&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, NeighbourId id) {
    return H::combine(std::move(state), id.value);
  }
};

struct NeighbourReport {
  NeighbourId id;
  IdentityHash identity;
  CarrierPath path;
  std::string carrier;
  bool initiated = false;  ///< we began
  bool stranger = false;   ///< welcome only because anybody is
  std::uint32_t epoch = 0;
  Time up_since, last_heard;
  Time epoch_since;  ///< how old the keys are
  std::optional<Duration> rtt;
  std::uint64_t sent_bytes = 0, received_bytes = 0, sent_frames = 0, received_frames = 0,
                forged = 0, replayed = 0;
  wire::HopCapabilities capabilities;
};

/// A peer the operator wants a link to, see maintain_peer().
struct WantedReport {
  CarrierPath path;
  std::optional<IdentityHash> expected;
  std::optional<NeighbourId> up;
  unsigned failures = 0;     ///< attempts in a row
  std::string last_failure;  ///< a sentence for operators; empty when there was none
};

/// Sizes of what others can fill; for tests of caps.
struct LinkTables {
  std::size_t neighbours = 0;   ///< confirmed or not; LinksConfig::neighbour_limit
  std::size_t half_open = 0;    ///< LinksConfig::half_open_limit
  std::size_t indices = 0;      ///< three a neighbour: old, present and next keys
  std::size_t wanted = 0;       ///< asked for with maintain_peer()
  std::size_t initiations = 0;  ///< one a wanted peer
};

/// A session whose frames a forwarding plane beside this one may open and seal.
struct LendableSession {
  NeighbourId id;
  CarrierPath path;
  bool confirmed = false;       ///< the neighbour is up
  std::uint8_t peer_lanes = 1;  ///< lanes it receives on
  std::vector<std::uint32_t> receive_indices;
  std::uint32_t send_index = 0;  ///< the neighbour's, of the newest keys
};

class LinksSink {
 public:
  virtual ~LinksSink() = default;
  virtual void send(const CarrierPath& path, ByteView frame) = 0;
  /// Authenticated both ways. The old link of the same identity, if any, went down before.
  virtual void neighbour_up(const NeighbourReport& neighbour) = 0;
  virtual void neighbour_down(NeighbourId id, const IdentityHash& identity,
                              std::string_view reason) = 0;
  /// Its frames come from another address now; everything known of the path is void.
  virtual void neighbour_moved(NeighbourId, const CarrierPath&) {}
  /// A record that is not about the link itself; the view lives until the call returns.
  virtual void record(NeighbourId from, const wire::HopRecord& record) = 0;
};

/// Whether small frames are filled up, controlplane/link/padding.h.
enum class Padding : std::uint8_t { kNone, kBuckets };

struct LinksConfig {
  PeerPolicy policy;
  wire::HopCapabilities capabilities;  ///< ours; max_frame and compact are set per carrier
  std::size_t half_open_limit = 4'096;
  std::size_t neighbour_limit = 1'024;
  Duration keep_alive = 20s;  ///< below the usual 30 s of NAT bindings
  Duration dead_after = 65s;  ///< three keep-alives missed
  Duration handshake_timeout = 10s;
  Padding padding = Padding::kBuckets;
  /// Receiver indices differ modulo this, a power of two; 0: they only differ.
  std::uint32_t index_places = 0;
};

class Links {
 public:
  /// References must outlive it.
  Links(LinksConfig config, LinksSink& sink, signer::Signer& signer, Random& random,
        border::Counters& counters);
  ~Links();

  void carrier_up(std::uint32_t carrier, const CarrierTraits& traits, Time now);
  void carrier_down(std::uint32_t carrier, Time now);

  /// Keeps a link to whoever answers at `path`, again and again with back-off.
  /// @param expected refuse anybody else there
  void maintain_peer(const CarrierPath& path, std::optional<IdentityHash> expected, Time now);
  void forget_peer(const CarrierPath& path);

  /// A frame for which wire::hop_frame_kind says something. @param waited queueing delay before now
  void receive(const CarrierPath& from, ByteView frame, Duration waited, Time now);
  /// Seals whole records into one frame. @return frame bytes sent, 0 when the neighbour is gone
  std::size_t send(NeighbourId to, ByteView records, std::uint8_t lane, Time now);
  /// Bytes of records one frame to this neighbour can hold, 0 when it is gone.
  [[nodiscard]] std::size_t room(NeighbourId to) const;

  void rekey(NeighbourId id, Time now);
  void drop(NeighbourId id, Time now, std::string_view reason = "dropped by the operator");
  void tick(Time now);
  [[nodiscard]] Time next_due() const;
  /// Grows whenever next_due() may have become earlier; asking every time costs a walk over all.
  [[nodiscard]] std::uint64_t plans() const;

  // --- a forwarding plane beside this one (core/border/001) ---
  /// Grows whenever sessions() has become another.
  [[nodiscard]] std::uint64_t keys_version() const;
  /// Oldest first, also of neighbours that are not up yet.
  [[nodiscard]] std::vector<LendableSession> sessions() const;
  /// From now on frames of that neighbour are opened there; until taken back none is opened here.
  void lend(NeighbourId id, bool lent);
  /// Keys to hand over; the neighbour is left zero. @return nullopt when there are none such
  std::optional<border::SetReceive> lend_receive(NeighbourId id, std::uint32_t local_index,
                                                 Time now);
  std::optional<border::SetSend> lend_send(NeighbourId id, std::uint8_t lane, Time now);
  /// How far the other plane is with a neighbour's keys.
  void keys_used(NeighbourId id, const border::KeyUse::Row& row, Time now);
  /// The records of a frame it opened.
  void opened_elsewhere(NeighbourId id, ByteView records, Time now);
  /// Says nothing, but says it now.
  void keep_alive(NeighbourId id, Time now);
  /// The newest frame came from that address.
  void moved(NeighbourId id, const std::string& address, Time now);

  [[nodiscard]] std::vector<NeighbourReport> neighbours() const;  ///< oldest first
  [[nodiscard]] std::vector<WantedReport> wanted() const;         ///< by carrier and address
  [[nodiscard]] std::size_t half_open() const;
  [[nodiscard]] LinkTables tables() const;
  [[nodiscard]] bool under_load() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mehr::link
