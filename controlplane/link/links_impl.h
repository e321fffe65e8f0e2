// The state behind Links, shared by links.cc (frames, time) and links_handshake.cc (strangers).
// Nobody else includes this. Reactor thread.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <map>

#include "controlplane/link/cookies.h"
#include "controlplane/link/half_open.h"
#include "controlplane/link/links.h"
#include "controlplane/link/load.h"
#include "controlplane/link/neighbour.h"
#include "controlplane/link/padding.h"
#include "controlplane/link/timing.h"

namespace mehr::link {

class Links::Impl {
 public:
  Impl(LinksConfig config, LinksSink& sink, signer::Signer& signer, Random& random,
       border::Counters& counters);

  void carrier_down(std::uint32_t id, Time now);
  void forget_peer(const CarrierPath& path);
  void receive(const CarrierPath& from, ByteView frame, Duration waited, Time now);
  std::size_t send(NeighbourId to, ByteView records, std::uint8_t lane, Time now);
  [[nodiscard]] std::size_t room(NeighbourId to) const;
  [[nodiscard]] std::size_t room_of(const Neighbour& neighbour, const CarrierTraits& traits) const;
  [[nodiscard]] std::size_t padding(const Neighbour& neighbour, ByteView records) const;
  void rekey(NeighbourId id, Time now);
  void end(NeighbourId id, std::string_view reason, bool tell_peer, Time now);
  void tick(Time now);
  [[nodiscard]] Time next_due() const;
  [[nodiscard]] std::vector<NeighbourReport> neighbours() const;
  [[nodiscard]] std::vector<WantedReport> wanted() const;
  [[nodiscard]] LinkTables tables() const {
    return {neighbours_.size(), half_open_.size(), by_index_.size(), wanted_.size(),
            initiations_.size()};
  }

  // links_lending.cc
  [[nodiscard]] std::vector<LendableSession> sessions() const;
  [[nodiscard]] Neighbour* find(NeighbourId id);
  void keys_used(NeighbourId id, const border::KeyUse::Row& row, Time now);
  void opened_elsewhere(NeighbourId id, ByteView records, Time now);
  void moved(NeighbourId id, const std::string& address);
  void keep_alive(NeighbourId id, Time now);

  std::uint64_t plans_ = 0, keys_version_ = 0;
  absl::flat_hash_map<std::uint32_t, CarrierTraits> carriers_;
  std::map<CarrierPath, Wanted> wanted_;  ///< ordered: hellos leave in the same order everywhere
  HalfOpenTable half_open_;
  LoadMeter load_;

 private:
  /// A radio's 64 indices: three for each neighbour (old, present and next keys), one for each
  /// half-open handshake and each of ours under way, and always some to choose from.
  static constexpr std::size_t kCompactNeighbours = 16;
  static constexpr std::size_t kCompactHalfOpen = 8;
  static constexpr std::ptrdiff_t kCompactInitiations = 4;
  static_assert(3 * kCompactNeighbours + kCompactHalfOpen + kCompactInitiations <
                wire::kHopCompactIndexMax);
  static constexpr Duration kCompactPause = 1s;  ///< until another of ours may begin
  /// Of one carrier whose other end cannot hide: more than it ever needs, far from all places.
  static constexpr std::size_t kCarrierHalfOpen = 64;
  /// Compact indices are unique per carrier only.
  using IndexKey = HandshakeKey;

  [[nodiscard]] const CarrierTraits* carrier(std::uint32_t id) const;
  [[nodiscard]] std::vector<NeighbourId> neighbours_on(std::uint32_t carrier) const;
  /// @return nullopt: every index of that radio is taken
  std::optional<std::uint32_t> new_index(std::uint32_t carrier);
  [[nodiscard]] bool taken(IndexKey key) const;
  /// A radio's handshakes of ours go one after the other, a few at a time.
  [[nodiscard]] bool may_begin(std::uint32_t carrier, const CarrierTraits& traits) const;
  [[nodiscard]] std::uint32_t place_of(std::uint32_t index) const;
  [[nodiscard]] IndexKey index_key(std::uint32_t carrier, std::uint32_t index) const;
  void reindex(NeighbourId id, Neighbour& neighbour);
  void unindex(Neighbour& neighbour);

  void on_data(const CarrierPath& from, const CarrierTraits& traits, ByteView frame, Time now);
  /// What follows from a frame of hers that was opened, here or elsewhere; may end the neighbour.
  void settle(NeighbourId id, Neighbour& neighbour, const Session::Opened& opened,
              std::uint32_t epoch_before, Time now);
  void confirm(NeighbourId id, Neighbour& neighbour);
  void deliver(NeighbourId id, ByteView records, Time now);
  void tick_neighbour(NeighbourId id, Time now);
  /// Starts or repeats a re-key where time or bytes want it, ends old keys. @return a frame was
  /// sent
  bool maintain_keys(NeighbourId id, Neighbour& neighbour, Time now, bool force = false);
  void send_frame(Neighbour& neighbour, ByteView frame, Time now);

  // links_handshake.cc
  void on_hello(const CarrierPath& from, const CarrierTraits& traits, ByteView frame, Time now);
  [[nodiscard]] bool admit_hello(const CarrierPath& from, const CarrierTraits& traits,
                                 const wire::HopHello& hello, Time now);
  void on_answer(const CarrierPath& from, const CarrierTraits& traits, ByteView frame, Time now);
  void on_finish(const CarrierPath& from, ByteView frame, Time now);
  void on_cookie(const CarrierPath& from, ByteView frame, Time now);
  void tick_wanted(Wanted& wanted, Time now);
  void say_hello(Wanted& wanted, Time now);
  void forget_initiation(Wanted& wanted);
  void back_off(Wanted& wanted, std::string_view reason, Time now);
  void send_finish(IndexKey index, const Signature& signature, Time answered);
  /// Null when the identity is not welcome or there is no room.
  Neighbour* establish(const SessionSeed& seed, const CarrierPath& path, Time now, NeighbourId& id);
  [[nodiscard]] bool room_for(const CarrierPath& path) const;
  void open_session(Neighbour& neighbour, const SessionSeed& seed, const CarrierTraits& traits,
                    Time now);
  /// Every neighbour of that identity on that carrier ends; who wanted it wants `successor`.
  void replace(const IdentityHash& identity, const CarrierPath& path, NeighbourId successor,
               Time now);
  /// The operator named it: in the policy, or as the peer wanted there.
  [[nodiscard]] const PeerPolicy& policy_on(std::uint32_t carrier) const;
  [[nodiscard]] bool named(const IdentityHash& identity, const CarrierPath& path) const;
  [[nodiscard]] bool welcome(const IdentityHash& identity, const CarrierPath& path) const;
  /// The neighbour of that identity on that carrier, if any.
  [[nodiscard]] std::optional<NeighbourId> linked(const IdentityHash& identity,
                                                  std::uint32_t carrier) const;
  /// Confirmed and heard lately: a second handshake with it would only replace a link that works.
  [[nodiscard]] bool live(NeighbourId id, Time now) const;
  [[nodiscard]] CarrierTiming timing(std::uint32_t carrier) const;
  [[nodiscard]] wire::HopCapabilities capabilities_on(const CarrierTraits& traits, Time now) const;

  LinksConfig config_;
  LinksSink& sink_;
  signer::Signer& signer_;
  Random& random_;
  border::Counters& counters_;
  Cookies cookies_;
  SourceLimiter unproved_, proved_;
  std::map<NeighbourId, Neighbour> neighbours_;  ///< ordered by age
  absl::flat_hash_map<IndexKey, NeighbourId> by_index_;
  absl::flat_hash_set<std::uint32_t> places_;  ///< of those, with LinksConfig::index_places
  absl::flat_hash_map<IndexKey, CarrierPath> initiations_;  ///< our index -> wanted peer
  std::uint32_t last_neighbour_ = 0;
  std::shared_ptr<bool> alive_;  ///< signatures may come back after we are gone
};

}  // namespace mehr::link
