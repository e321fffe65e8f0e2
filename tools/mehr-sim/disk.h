// A host's disk and the store on it. SimDisk holds what is durable: it survives crashes. SimStore
// is the store of one life of the host: production's queue and row formats (controlplane/store)
// with commits that take their time, fail as disks fail, and are lost when the host dies before
// they end. Engine thread.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "controlplane/store/pending.h"
#include "controlplane/store/store.h"
#include "tools/mehr-sim/engine.h"

namespace mehr::mehr_sim {

enum class DiskState : std::uint8_t { kGood, kFull, kBroken };

class SimDisk {
 public:
  struct Row {
    std::uint64_t sequence = 0;  ///< order of the last write
    Bytes bytes;
  };
  /// Incoming or outgoing message by id.
  using MessageKey = std::pair<Hash32, bool>;

  DiskState state = DiskState::kGood;
  Duration sync_min = 100us, sync_max = 20ms;  ///< what an fsync takes
  std::map<MessageKey, Row> messages;
  std::array<std::map<Bytes, Row>, store::kCacheTables> cache;
  std::uint64_t sequence = 0;
  std::uint64_t commits = 0, failed_commits = 0, lost_commits = 0;

  [[nodiscard]] bool has_incoming(const Hash32& id) const { return messages.contains({id, true}); }
  [[nodiscard]] bool has_outgoing(const Hash32& id) const { return messages.contains({id, false}); }
  /// A bit of one cached row flips. @return false when there is none
  bool damage_cache(Random& random);
  /// cache.db was found damaged and set aside.
  void lose_cache();
};

class SimStore final : public store::Store {
 public:
  SimStore(Engine& engine, HostId host, SimDisk& disk, Random& random,
           const crypto::PrivateIdentity& identity);
  /// Without drop() it commits what waits first, as the real one does.
  ~SimStore() override;
  /// The host dies now: a commit under way reached the disk or did not, the rest is lost.
  void drop();
  /// The planted bug of the canary: acknowledge first, commit later.
  void set_acknowledge_early(bool early) { acknowledge_early_ = early; }

  Result<crypto::PrivateIdentity> identity(Random& random) override;
  Result<store::Loaded> load(Time now, UnixTime unix_now) override;
  void put_path(const routing::PathEntry& entry, Time now, UnixTime unix_now) override;
  void remove_path(const DestinationHash& destination) override;
  void put_tunnel(const routing::TunnelEntry& tunnel, Time now, UnixTime unix_now) override;
  void put_identity(const DestinationHash& destination, const PublicIdentity& identity) override;
  void put_peer(const neighbour::RememberedPeer& peer, UnixTime unix_now) override;
  void remove_peer(const IdentityHash& identity, const std::string& transport) override;
  void put_announced(const DestinationHash& destination, UnixTime emitted) override;
  void put_message(const endpoint::Message& message, Done done) override;
  void list_messages(std::size_t limit,
                     std::function<void(Result<std::vector<endpoint::Message>>)> done) override;
  void flush(Done done) override;

 private:
  void put_cache(store::CacheWrite write);
  void wake(Duration delay);
  void begin_commit();
  void end_commit();
  void apply(const store::Batch& batch);
  [[nodiscard]] Duration sync_time();
  void post(std::function<void()> call);

  Engine& engine_;
  HostId host_;
  std::uint32_t incarnation_;
  SimDisk& disk_;
  Random& random_;
  const crypto::PrivateIdentity& identity_;
  store::Pending pending_;
  std::optional<store::Batch> committing_;
  EventHandle wake_ = 0;
  Time wake_at_ = Time::max();
  Time cache_since_{};
  bool acknowledge_early_ = false;
  std::vector<Done> flushes_;
};

}  // namespace mehr::mehr_sim
