// Everything towards one neighbour while its link is up: what waits and in which order (scheduler),
// how fast it leaves (pacer), in frames of which size (path_mtu, flight), in pieces where a record
// is larger (reassembly at the other end), and whether the neighbour is still there (rounds).
// Sessions are link::Links' business, meanings the router's. Pure; reactor thread; owned by
// Neighbours.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>

#include "controlplane/link/scheduler.h"
#include "controlplane/neighbour/carriers.h"
#include "controlplane/neighbour/flight.h"
#include "controlplane/neighbour/pacer.h"
#include "controlplane/neighbour/path_mtu.h"
#include "controlplane/neighbour/reassembly.h"
#include "controlplane/neighbour/rounds.h"
#include "core/border/counters.h"

namespace mehr::neighbour {

/// The way of frames to one neighbour, as a Hop sees it.
class HopWire {
 public:
  virtual ~HopWire() = default;
  [[nodiscard]] virtual bool ready(link::NeighbourId id) const = 0;
  /// Seals and sends one frame. @param bytes set to what left, 0 unless kSent
  virtual Carrier::Sent send_records(link::NeighbourId id, ByteView records, std::size_t& bytes,
                                     Time now) = 0;
};

struct HopOptions {
  std::size_t most_frame = 0;  ///< bytes of the largest frame both carriers take
  std::size_t overhead = 0;    ///< of a frame around its records
  bool finds_mtu = false;
  bool fragments = false;  ///< the neighbour puts pieces together
  Duration round = Rounds::kRound, hurried_round = Rounds::kHurriedRound;  ///< of probes
  std::uint64_t bitrate_bps = 0;
};

/// Traffic of one priority class since the link came up.
struct ClassMeter {
  std::uint64_t sent_records = 0, sent_bytes = 0, received_records = 0, received_bytes = 0;
  std::size_t waiting_bytes = 0, limit_bytes = 0;
};

/// Sizes of what waits for or comes from one neighbour; for tests of caps.
struct HopTables {
  std::array<link::Scheduler::ClassUse, 4> classes;
  std::size_t control_bytes = 0;  ///< the limit of class 0
  std::size_t pieces = 0;         ///< Reassembly::kRecords
  std::size_t piece_bytes = 0;    ///< Reassembly::kBytes
  std::size_t flight_bytes = 0;   ///< Flight::kBytes
  std::size_t again_bytes = 0;    ///< Hop::kAgainBytes and what one record is cut into
  std::size_t asked = 0;          ///< Hop::kAskedMost
};

class Hop {
 public:
  /// Probes whose answer is still worth something.
  static constexpr std::size_t kAskedMost = 64;
  /// Records that go again because their frame did not.
  static constexpr std::size_t kAgainBytes = 512 << 10;

  Hop(link::NeighbourId id, const HopOptions& options, HopWire& wire, border::Counters& counters,
      Time now);

  /// Queues a packet (or, with the control bit, a control record). @return false: no room, counted
  bool enqueue(const wire::HopRecord& record, std::uint32_t source, Time now);

  /// Whether a control record with a body of so many bytes would be queued.
  [[nodiscard]] bool control_fits(std::size_t body) const {
    return scheduler_.control_fits(wire::kHopRecordHeader + body);
  }

  /// Any frame of the neighbour arrived.
  void heard() { rounds_.heard(); }
  /// A control record that belongs to the hop itself. @return false: it is somebody else's
  bool receive_control(wire::HopControl type, ByteView body, Time now);
  /// The packet whose last piece receive_control just took.
  std::optional<Reassembly::Whole> take_whole() { return std::exchange(whole_, std::nullopt); }
  void met(const wire::HopClass& hop_class, std::size_t bytes);

  void moved(Time now);
  void path_mtu(std::size_t bytes, Time now);
  /// The link has a rival: is it still alive?
  void hurry(Time now) { rounds_.hurry(now); }
  void writable(Time now);

  /// Everything due: probes, trials, and frames as fast as they may leave.
  void tick(Time now);
  [[nodiscard]] Time next_due() const { return due_; }

  [[nodiscard]] bool dead() const { return rounds_.dead(); }
  /// Bytes of the largest packet that fits one frame, with room for a probe beside it.
  [[nodiscard]] std::size_t packet_room() const;
  [[nodiscard]] std::size_t frame_bytes() const { return mtu_.frame(); }
  [[nodiscard]] std::optional<Duration> rtt() const { return rtt_; }
  [[nodiscard]] double occupancy() const { return scheduler_.occupancy(); }
  [[nodiscard]] std::size_t waiting_bytes() const;
  [[nodiscard]] Duration drain_time() const { return pacer_.time_of(waiting_bytes()); }
  [[nodiscard]] const link::Scheduler::Drops& drops() const { return scheduler_.drops(); }
  [[nodiscard]] std::uint64_t fragmented() const { return next_fragment_; }
  [[nodiscard]] std::array<ClassMeter, 4> classes() const;
  [[nodiscard]] HopTables tables() const;

 private:
  struct Asked {
    Time at;
    bool small = false;  ///< its round trip says something about the path
  };

  [[nodiscard]] std::size_t room() const { return mtu_.frame() - options_.overhead; }
  void plan(Time now);
  void mtu_changed(std::size_t before, Time now);
  [[nodiscard]] Duration patience() const;
  void probe_round(Time now);
  void probe_sizes(Time now);
  void watch_canary(Time now);
  void answered(std::uint32_t number, Time now);
  std::uint32_t ask(bool small, Time now);
  /// A frame of its own, at once: probes and their answers.
  Carrier::Sent send_now(ByteView records, Time now);
  void drain(Time now);
  bool send_next(Time now);
  Bytes next_records(std::size_t room, Time now);
  void cut(ByteView record, std::size_t room);
  void send_again(const std::deque<Bytes>& runs, Time now);
  void count_sent(ByteView records);

  link::NeighbourId id_;
  HopOptions options_;
  HopWire& wire_;
  border::Counters& counters_;
  link::Scheduler scheduler_;
  Pacer pacer_;
  PathMtu mtu_;
  Flight flight_;
  Rounds rounds_;
  Reassembly reassembly_;
  std::optional<Reassembly::Whole> whole_;
  std::deque<Bytes> again_;  ///< whole records that go before what the scheduler holds
  std::size_t again_bytes_ = 0;
  std::map<std::uint32_t, Asked> asked_;  ///< probes under way
  std::uint32_t last_probe_ = 0, next_fragment_ = 0;
  std::optional<Duration> rtt_;
  Time next_canary_, next_send_;
  Time answered_at_ = Time::min();  ///< a probe, last
  unsigned answers_ = 0;            ///< then
  Time due_;
  bool blocked_ = false;  ///< the carrier takes nothing; writable() follows
  link::Scheduler::Drops counted_;
  std::uint64_t given_up_counted_ = 0;
  std::array<ClassMeter, 4> meters_;
};

}  // namespace mehr::neighbour
