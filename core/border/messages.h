// What mehrd and mehr-dataplane say to each other: records over a Unix SOCK_SEQPACKET socket, one
// or more in a packet. Owns their layout and their limits; what they mean for a packet is
// dataplane/'s, when they are sent is the control plane's. Any thread; pure.
// Source: architecture §2.
//
//   packet   one or more records, kPacketMax bytes at most
//   record   0..3 size of the record   4 type   5..7 zero   8.. body, as listed at each message
//
// All integers little endian; reserved bytes zero; a body has exactly the size its message says, so
// what decodes encodes to the same bytes. The first record of a connection is Hello one way and
// Ready the other; a version that is not kVersion ends the connection. Durations are what is left
// at the time of sending: the two processes share no clock.
//
// The dataplane forwards what it was told to across connections: a control plane that comes back
// says Hello, learns from Ready what fits, and says Reset before it installs its own. Received
// frames are not read until the first Sync, so that nothing is dropped before anything is
// installed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/bytes.h"

namespace mehr::border {

inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kPacketMax = 73'728;  ///< one record of 65,535 bytes and its head fit
inline constexpr std::size_t kRecordHead = 8;
inline constexpr std::size_t kCarriedMax = 65'535;      ///< bytes of a frame, packet or records
inline constexpr std::uint16_t kNeighbourMax = 0xFFFE;  ///< largest neighbour index
inline constexpr std::uint8_t kLanesMax = 64;
/// A dataplane has at least as many places to receive: indices whose low bits differ by that fit.
inline constexpr std::uint32_t kReceivePlacesLeast = 16'384;
inline constexpr std::size_t kPortsMax = 16;
inline constexpr std::uint32_t kIndexMax = (std::uint32_t{1} << 30) - 1;  ///< of next hops, links
inline constexpr std::uint32_t kSampledOneIn = 256;
inline constexpr std::uint64_t kSequenceMax = (std::uint64_t{1} << 56) - 1;
inline constexpr std::uint64_t kNoSequence = ~std::uint64_t{0};
inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
inline constexpr std::uint64_t kLifetimeMax = 1'000'000'000ULL * 86'400 * 7;  ///< ns

/// 32 bytes of key, wiped when they go.
struct Secret {
  Hash32 bytes;
  Secret() = default;
  explicit Secret(const Hash32& from) : bytes(from) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { wipe(bytes.mutable_view()); }
  bool operator==(const Secret&) const = default;
};

enum class EndpointForm : std::uint8_t { kEthernet = 1, kUdp4 = 2, kUdp6 = 3 };

/// Both ends of the wire to a neighbour, seen from here. 52 bytes:
/// 0 form  1 zero  2..3 local port  4..5 remote port  6..7 zero  8..13 local MAC  14..19 remote MAC
/// 20..35 local address  36..51 remote address; IPv4 in the first 4 bytes, the others zero.
/// Ethernet: ports and addresses zero. A zero local MAC is the port's own. Over UDP a zero remote
/// MAC and a zero local address are looked up in the kernel's tables, and followed as they change.
struct Endpoint {
  using Mac = std::array<std::uint8_t, 6>;
  using Address = std::array<std::uint8_t, 16>;
  EndpointForm form = EndpointForm::kUdp4;
  std::uint16_t local_port = 0, remote_port = 0;  ///< UDP, 1 .. 65,535
  Mac local_mac{}, remote_mac{};
  Address local{}, remote{};
  bool operator==(const Endpoint&) const = default;
};

// --- down: control plane to dataplane ----------------------------------------------------------

/// How much is punted a second, each class by itself; 0 punts nothing of it.
struct PuntRates {
  std::uint32_t strangers = 2'000;  ///< handshake frames
  std::uint32_t records = 20'000;   ///< frames with control records, and news of addresses
  std::uint32_t packets = 50'000;   ///< packets the flows do not decide
  bool operator==(const PuntRates&) const = default;
};

/// Type 1. 0..3 version  4..19 own transport hash  20 locals complete  21..23 zero
/// 24..35 punt rates in the order above. May be said again to change what it says.
struct Hello {
  std::uint32_t version = kVersion;
  Hash16 own_transport;          ///< identity hash: header type 2 addressed to us
  bool locals_complete = false;  ///< every local destination is a flow
  PuntRates punts;
  bool operator==(const Hello&) const = default;
};

/// Type 2. 0 scope, bit mask  1..3 zero. Forgets, before new things are installed.
struct Reset {
  static constexpr std::uint8_t kFlows = 1;       ///< flows, next hops, links
  static constexpr std::uint8_t kNeighbours = 2;  ///< neighbours and all keys
  std::uint8_t scope = 0;                         ///< not 0
  bool operator==(const Reset&) const = default;
};

/// Type 3. 0..3 receiver index  4..5 neighbour  6 lanes  7 zero  8..39 key  40..47 remaining ns
/// 48..55 bytes left  56.. highest sequence of each lane. Takes the place its index names
/// (Ready::receive_places), whoever was there.
struct SetReceive {
  std::uint32_t index = 0;
  std::uint16_t neighbour = 0;
  Secret key;
  std::uint64_t remaining_ns = 0;  ///< until the hard stop, up to kLifetimeMax
  std::uint64_t bytes_left = 0;
  /// By lane, 1 .. kLanesMax: the highest taken so far, kNoSequence for none. Nothing up to it is
  /// taken again.
  std::vector<std::uint64_t> highest;
  bool operator==(const SetReceive&) const = default;
};

/// Type 4. 0..3 receiver index
struct DropReceive {
  std::uint32_t index = 0;
  bool operator==(const DropReceive&) const = default;
};

/// Type 5. 0..1 neighbour  2 lane  3 zero  4..7 remote index  8..39 key  40..47 next sequence
/// 48..55 remaining ns  56..63 bytes left. What is sent from then on is under it. The lane is
/// spent by the dataplane alone; a control plane that seals frames itself uses another one.
struct SetSend {
  std::uint16_t neighbour = 0;
  std::uint8_t lane = 0;  ///< below kLanesMax
  std::uint32_t remote_index = 0;
  Secret key;
  std::uint64_t next_sequence = 0;
  std::uint64_t remaining_ns = 0;
  std::uint64_t bytes_left = 0;
  bool operator==(const SetSend&) const = default;
};

/// Type 6. 0..1 neighbour  2..3 port  4..5 frame room  6..7 room  8..15 urgent bytes/s
/// 16 price  17..19 zero  20..71 endpoint
struct SetNeighbour {
  std::uint16_t index = 0;
  std::uint16_t port = 0;        ///< Ready::Port::number
  std::uint16_t frame_room = 0;  ///< bytes of records one frame to it holds
  std::uint16_t room = 0;        ///< largest packet forwarded; 0: punt everything towards it
  std::uint64_t urgent_bytes_per_second =
      kUnlimited;          ///< of P0 and P1 from it; two seconds' worth at once
  std::uint8_t price = 0;  ///< price byte of what is forwarded to it
  Endpoint endpoint;
  bool operator==(const SetNeighbour&) const = default;
};

/// Type 7. 0..1 neighbour  2..3 zero. Its keys go with it, those to receive under included.
struct DropNeighbour {
  std::uint16_t index = 0;
  bool operator==(const DropNeighbour&) const = default;
};

/// Type 8. 0..3 index  4..19 transport id  20..21 neighbour  22 last  23 sampled  24..25 limit
/// 26..27 zero
struct SetNextHop {
  std::uint32_t index = 0;  ///< below Ready::next_hops
  Hash16 transport_id;
  std::uint16_t neighbour = 0;
  bool last = false;             ///< the destination is the neighbour itself
  bool sampled = false;          ///< one packet in kSampledOneIn is punted
  std::uint16_t limit = 0xFFFF;  ///< larger packets are punted
  bool operator==(const SetNextHop&) const = default;
};

/// Type 9. 0..3 index  4..5 received  6..7 next  8 taken hops  9 remaining hops  10..11 limit
struct SetLink {
  std::uint32_t index = 0;     ///< below Ready::links
  std::uint16_t received = 0;  ///< neighbour towards the initiator
  std::uint16_t next = 0;      ///< neighbour towards the destination
  std::uint8_t taken_hops = 0, remaining_hops = 0;
  std::uint16_t limit = 0xFFFF;
  bool operator==(const SetLink&) const = default;
};

enum class FlowTarget : std::uint8_t {
  kPath = 1,   ///< index of a next hop
  kLink = 2,   ///< index of a link
  kLocal = 3,  ///< ends here; index 0
};

/// Type 10. 0..15 key  16 target  17..19 zero  20..23 index. A full table keeps what it has; the
/// packets of that key are punted, and the counter border flows_refused says so.
struct SetFlow {
  Hash16 key;  ///< destination or link id
  FlowTarget target = FlowTarget::kPath;
  std::uint32_t index = 0;
  bool operator==(const SetFlow&) const = default;
};

/// Type 11. 0..15 key
struct DropFlow {
  Hash16 key;
  bool operator==(const DropFlow&) const = default;
};

/// Type 12. 0..1 neighbour  2 class  3 price or control type  4.. body. One record, sealed and sent
/// by the dataplane. A mesh packet is remembered in its duplicate filter, when it is of a kind the
/// filter tells apart, and metered; one whose class has the control bit is the body of a control
/// record and neither.
struct Inject {
  std::uint16_t neighbour = 0;
  std::uint8_t hop_class = 0, price = 0;
  ByteView body;  ///< a packet has at least a header; valid as long as the decoded bytes
};

/// Type 13. 0..1 port  2..3 zero  4..55 endpoint  56.. frame. Sent as it is: handshakes, and what
/// the control plane sealed itself.
struct SendRaw {
  std::uint16_t port = 0;
  Endpoint endpoint;
  ByteView frame;
};

/// Type 14. 0..7 token. Answered with Synced when everything before it is in force.
struct Sync {
  std::uint64_t token = 0;
  bool operator==(const Sync&) const = default;
};

/// Type 15. 0.. packet. The control plane sends it by itself: should it come back, it is a
/// duplicate, when it is of a kind the filter tells apart.
struct Seen {
  ByteView packet;
};

using Down =
    std::variant<Hello, Reset, SetReceive, DropReceive, SetSend, SetNeighbour, DropNeighbour,
                 SetNextHop, SetLink, SetFlow, DropFlow, Inject, SendRaw, Sync, Seen>;

// --- up: dataplane to control plane ------------------------------------------------------------

/// Type 65. 0..3 version  4..7 neighbours  8..11 receive places  12..15 next hops  16..19 links
/// 20..27 flows  28..31 largest frame  32 lanes  33 ports  34..35 counters  36..37 UDP port
/// 38..39 zero  40.. ports, 44 bytes each: 0..1 number  2..3 MTU  4..9 MAC  10..11 zero
/// 12..43 name, zeroes behind it
struct Ready {
  struct Port {
    std::uint16_t number = 0;
    std::uint16_t mtu = 0;
    Endpoint::Mac mac{};
    std::string name;  ///< 1 .. 31 printable characters
    bool operator==(const Port&) const = default;
  };
  std::uint32_t version = kVersion;
  std::uint32_t neighbours = 0;      ///< indices below that, up to kNeighbourMax + 1
  std::uint32_t receive_places = 0;  ///< a power of two; an index lives at its low bits
  std::uint32_t next_hops = 0, links = 0;
  std::uint64_t flows = 0;
  std::uint32_t frame_max = 0;  ///< bytes of a hop frame
  std::uint8_t lanes = 0;       ///< lane n is worker n's
  std::uint16_t counters = 0;   ///< rows of counters.def it was built with
  std::uint16_t udp_port = 0;   ///< where it takes hop frames from; 0: from UDP not at all
  std::vector<Port> ports;      ///< up to kPortsMax
  bool operator==(const Ready&) const = default;
};

/// Type 66. 0..1 port  2..3 zero  4..55 endpoint  56.. frame. A handshake frame: local is what it
/// was sent to, remote where it came from.
struct Stranger {
  std::uint16_t port = 0;
  Endpoint endpoint;
  ByteView frame;
};

/// Type 67. 0..1 neighbour  2..3 zero  4.. the control records of one opened frame.
struct Records {
  std::uint16_t neighbour = 0;
  ByteView records;
};

/// Type 68. 0..1 neighbour  2 class  3 price  4.. packet, hop byte as received
struct Punt {
  std::uint16_t neighbour = 0;
  std::uint8_t hop_class = 0, price = 0;
  ByteView packet;
};

/// Type 69. 16 bytes each: keys of flows in use since they were last named. Every flow in use is
/// named at least once in 60 s.
struct Activity {
  static constexpr std::size_t kMax = 4'000;
  std::vector<Hash16> keys;  ///< 1 .. kMax
  bool operator==(const Activity&) const = default;
};

/// Type 70. 24 bytes each: 0..1 neighbour  2 sent  3 price class  4..7 zero  8..15 packets
/// 16..23 bytes. Totals since the process started, of the rows that changed.
struct MeterReadings {
  static constexpr std::size_t kMax = 2'000;
  struct Row {
    std::uint16_t neighbour = 0;
    bool sent = false;             ///< to that neighbour; otherwise received from it
    std::uint8_t price_class = 0;  ///< 0 .. 15
    std::uint64_t packets = 0, bytes = 0;
    bool operator==(const Row&) const = default;
  };
  std::vector<Row> rows;  ///< 1 .. kMax
  bool operator==(const MeterReadings&) const = default;
};

/// Type 71. 16 bytes each: 0..1 counter  2..7 zero  8..15 value. Totals since the process started,
/// of the counters that changed.
struct CounterReadings {
  static constexpr std::size_t kMax = 2'000;
  struct Row {
    std::uint16_t counter = 0;  ///< place in counters.def
    std::uint64_t value = 0;
    bool operator==(const Row&) const = default;
  };
  std::vector<Row> rows;  ///< 1 .. kMax
  bool operator==(const CounterReadings&) const = default;
};

/// Type 72. 24 bytes each: 0..1 neighbour  2 sending  3 lane  4..7 index  8..15 next sequence
/// 16..23 bytes left. How far keys are spent: in turn, of those that moved, and at once when the
/// first frame under keys to receive has verified.
struct KeyUse {
  static constexpr std::size_t kMax = 2'000;
  struct Row {
    std::uint16_t neighbour = 0;
    bool sending = false;
    std::uint8_t lane = 0;
    std::uint32_t index = 0;          ///< ours when receiving, the neighbour's when sending
    std::uint64_t next_sequence = 0;  ///< receiving: one above the highest taken; up to 2^56
    std::uint64_t bytes_left = 0;
    bool operator==(const Row&) const = default;
  };
  std::vector<Row> rows;  ///< 1 .. kMax
  bool operator==(const KeyUse&) const = default;
};

/// Type 73. 0..1 neighbour  2..3 port  4..55 endpoint. The newest frame of that neighbour verified
/// and came from there. Nothing is sent there before SetNeighbour says so.
struct Moved {
  std::uint16_t neighbour = 0;
  std::uint16_t port = 0;
  Endpoint endpoint;
  bool operator==(const Moved&) const = default;
};

/// Type 74. 0..7 token of the Sync
struct Synced {
  std::uint64_t token = 0;
  bool operator==(const Synced&) const = default;
};

/// Type 75. 0 worker  1..7 zero  8..15 busy  16..23 ticks  24..31 frames  32..39 ticks per second.
/// How a worker spent its time, in ticks of its clock since the process started.
struct Load {
  std::uint8_t worker = 0;
  std::uint64_t busy = 0;    ///< of turns in which there was something to do
  std::uint64_t ticks = 0;   ///< all of them
  std::uint64_t frames = 0;  ///< received
  std::uint64_t ticks_per_second = 0;
  bool operator==(const Load&) const = default;
};

using Up = std::variant<Ready, Stranger, Records, Punt, Activity, MeterReadings, CounterReadings,
                        KeyUse, Moved, Synced, Load>;

// --- packets ------------------------------------------------------------------------------------

/// One packet being filled. Its memory is taken once and wiped, as keys may be in it.
class PacketBuilder {
 public:
  PacketBuilder() { bytes_.reserve(kPacketMax); }
  PacketBuilder(const PacketBuilder&) = delete;
  PacketBuilder& operator=(const PacketBuilder&) = delete;
  ~PacketBuilder() { clear(); }

  /// Appends a record. A message outside its limits is a programmer error.
  /// @return false, nothing appended, when the packet is too full for it
  bool add(const Down& message);
  bool add(const Up& message);
  [[nodiscard]] ByteView packet() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  void clear();

 private:
  Bytes bytes_;
};

/// All records of a packet in order; views in them point into `packet`.
/// @return nullopt when anything of it is not as above: an unknown type, a wrong size, a value out
///         of its limits, a reserved byte set, no record at all, more than kPacketMax
std::optional<std::vector<Down>> decode_down(ByteView packet);
std::optional<std::vector<Up>> decode_up(ByteView packet);

}  // namespace mehr::border
