// Groups by neighbour, fills frames in order of priority, then seals all of them in one call.
#include "dataplane/stages/seal.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/assert.h"

namespace mehr::dataplane {
namespace {

using border::Counter;

constexpr std::uint16_t kEnd = 0xFFFF;

unsigned priority_of(const Packet& packet) {
  return packet.hop_class >> 6;
}

/// The packets of a burst by neighbour, and of one neighbour by priority, in order of arrival.
class Groups {
 public:
  struct Group {
    NeighbourIndex neighbour;
    std::array<std::uint16_t, 4> first, last;  ///< by priority
    std::uint16_t count;
  };

  void add(std::uint16_t index, const Packet& packet) {
    Group& group = group_of(packet.to);
    const unsigned priority = priority_of(packet);
    next_[index] = kEnd;
    if (group.first[priority] == kEnd) {
      group.first[priority] = index;
    } else {
      next_[group.last[priority]] = index;
    }
    group.last[priority] = index;
    ++group.count;
  }
  [[nodiscard]] std::span<const Group> all() const { return {groups_.data(), used_}; }
  template <typename Each>
  void in_order(const Group& group, Each each) const {
    for (const std::uint16_t first : group.first) {
      for (std::uint16_t at = first; at != kEnd;) {
        const std::uint16_t following = next_[at];
        each(at);
        at = following;
      }
    }
  }

 private:
  static constexpr std::size_t kSlots = 2 * kBurst;

  Group& group_of(NeighbourIndex neighbour) {
    std::size_t slot = neighbour * std::size_t{0x9E37} / 8 % kSlots;
    while (slots_[slot] != 0) {
      Group& group = groups_[slots_[slot] - 1u];
      if (group.neighbour == neighbour) return group;
      slot = (slot + 1) % kSlots;
    }
    Group& made = groups_[used_];
    slots_[slot] = static_cast<std::uint8_t>(++used_);
    made.neighbour = neighbour;
    made.first.fill(kEnd);
    made.count = 0;
    return made;
  }

  std::array<std::uint8_t, kSlots> slots_{};  ///< group and one; 0 = free
  std::array<Group, kBurst> groups_;
  std::array<std::uint16_t, kBurst> next_;
  std::size_t used_ = 0;
};

void write_record_header(std::uint8_t* to, const Packet& packet, std::uint8_t price) {
  to[0] = static_cast<std::uint8_t>(packet.size);
  to[1] = static_cast<std::uint8_t>(packet.size >> 8);
  to[2] = packet.hop_class;
  to[3] = price;
}

/// Builds the frames of one burst; sealing is the caller's, all at once.
class Builder {
 public:
  Builder(std::span<Packet> packets, std::span<Frame> in, BufferPool& pool, std::span<Frame> out)
      : packets_(packets), in_(in), pool_(pool), out_(out) {}

  void fill(const Groups& groups, const Groups::Group& group, const Neighbour& to) {
    room_ = filled_ = 0;
    groups.in_order(group, [&](std::uint16_t index) {
      Packet& packet = packets_[index];
      const std::size_t record = wire::kHopRecordHeader + packet.size;
      if (record > to.frame_room) {
        return drop(packet, Counter::kTxTooBig);  // not with Flows::room as it should be
      }
      if (filled_ + record > room_) {
        if (in_[packet.frame].records == 1) return begin_in_place(packet, record, to);
        if (!begin(packet, to)) return drop(packet, Counter::kTxQueueFull);
      }
      append(packet, record, to);
    });
  }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  /// A packet that came alone stays where it is; others follow it there.
  void begin_in_place(const Packet& packet, std::size_t record, const Neighbour& to) {
    Frame& from = in_[packet.frame];
    const std::uint8_t* end = from.data + from.size + from.tailroom;
    Frame& frame = out_[count_++];
    frame = from;
    frame.data = packet.data - wire::kHopRecordHeader - wire::kHopHeader;
    frame.headroom = static_cast<std::uint16_t>(from.headroom + (frame.data - from.data));
    frame.size = static_cast<std::uint32_t>(wire::kHopOverhead + record);
    frame.neighbour = packet.to;
    from.buffer = nullptr;
    write_record_header(packet.data - wire::kHopRecordHeader, packet, to.price);
    filled_ = record;
    room_ = std::min<std::size_t>(to.frame_room,
                                  static_cast<std::size_t>(end - frame.data) - wire::kHopOverhead);
  }

  /// A new frame, in which the packet has room.
  bool begin(const Packet& packet, const Neighbour& to) {
    MEHR_ASSERT(count_ < out_.size());
    room_ = std::min<std::size_t>(to.frame_room, pool_.room() - wire::kHopOverhead);
    filled_ = 0;
    if (wire::kHopRecordHeader + packet.size > room_ || !pool_.take(out_.subspan(count_, 1))) {
      room_ = 0;
      return false;
    }
    out_[count_++].neighbour = packet.to;
    return true;
  }

  void append(const Packet& packet, std::size_t record, const Neighbour& to) {
    Frame& frame = out_[count_ - 1];
    std::uint8_t* at = frame.data + wire::kHopHeader + filled_;
    write_record_header(at, packet, to.price);
    std::memcpy(at + wire::kHopRecordHeader, packet.data, packet.size);
    filled_ += record;
    frame.size = static_cast<std::uint32_t>(wire::kHopOverhead + filled_);
  }

  std::span<Packet> packets_;
  std::span<Frame> in_;
  BufferPool& pool_;
  std::span<Frame> out_;
  std::size_t count_ = 0;
  std::size_t filled_ = 0, room_ = 0;  ///< record bytes in the frame being filled, and at most
};

void write_header(Frame& frame, const SendSession& session, std::uint64_t counter) {
  const std::uint32_t first = wire::hop_first_byte(wire::HopFrameType::kData);
  std::memcpy(frame.data, &first, 4);
  std::memcpy(frame.data + 4, &session.remote_index, 4);
  std::memcpy(frame.data + 8, &counter, 8);
}

bool may_send(const SendSession& session, Ticks now) {
  return session.live && now < session.hard_stop && session.bytes_left > 0 &&
         session.next_sequence <= wire::kHopSequenceMax;
}

}  // namespace

std::size_t seal(std::span<Packet> packets, std::span<Frame> in, std::span<Neighbour> neighbours,
                 BufferPool& pool, const crypto::AeadBatch& aead, crypto::AeadScratch& scratch,
                 Ticks now, std::span<Frame> out) {
  Groups groups;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    Packet& packet = packets[i];
    if (packet.fate != Fate::kForward) continue;
    if (!may_send(neighbours[packet.to].send, now)) {
      drop(packet, Counter::kHopKeysSpent);
      continue;
    }
    groups.add(static_cast<std::uint16_t>(i), packet);
  }
  Builder builder(packets, in, pool, out);
  for (const auto& group : groups.all())
    builder.fill(groups, group, neighbours[group.neighbour]);

  std::array<crypto::AeadJob, kBurst> jobs;
  for (std::size_t i = 0; i < builder.count(); ++i) {
    Frame& frame = out[i];
    Neighbour& neighbour = neighbours[frame.neighbour];
    SendSession& session = neighbour.send;
    const std::uint64_t counter = wire::HopCounter{session.lane, session.next_sequence++}.packed();
    session.bytes_left -= std::min<std::uint64_t>(session.bytes_left, frame.size);
    frame.port = neighbour.port;
    write_header(frame, session, counter);
    crypto::AeadJob& job = jobs[i];
    job.key = &session.key;
    job.associated = frame.data;
    job.associated_size = wire::kHopHeader;
    job.in = job.out = frame.data + wire::kHopHeader;
    job.size = frame.size - static_cast<std::uint32_t>(wire::kHopOverhead);
    job.tag = frame.data + frame.size - wire::kHopTag;
    job.set_counter(counter);
  }
  aead.seal(scratch, {jobs.data(), builder.count()});
  return builder.count();
}

}  // namespace mehr::dataplane
