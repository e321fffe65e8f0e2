// In place: where the ciphertext was the records are, with the clear header still before them.
#include "dataplane/stages/open.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace mehr::dataplane {
namespace {

using border::Counter;

std::uint32_t word32(const std::uint8_t* from) {
  std::uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

std::uint64_t word64(const std::uint8_t* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

constexpr std::uint8_t kControlBit = 1;  // of a record's class byte

bool is_control(const std::uint8_t* record) {
  return (record[2] & kControlBit) != 0;
}

/// Padding and keep-alives say nothing: arriving was all.
bool is_filler(const std::uint8_t* record) {
  return is_control(record) && record[3] <= static_cast<std::uint8_t>(wire::HopControl::kKeepAlive);
}

const std::uint8_t kDataByte = wire::hop_first_byte(wire::HopFrameType::kData);

void classify_one(Frame& frame, ReceiveSessions& sessions, Ticks now) {
  if (frame.size == 0) return drop(frame, Counter::kHopMalformed);
  if (frame.data[0] != kDataByte) {
    const auto kind = wire::hop_frame_kind({frame.data, 1});
    if (!kind || kind->compact) return drop(frame, Counter::kHopMalformed);
    frame.fate = Fate::kPunt;
    return;
  }
  if (frame.size < wire::kHopOverhead || (word32(frame.data) >> 8) != 0) {
    return drop(frame, Counter::kHopMalformed);
  }
  ReceiveSession* session = sessions.find(word32(frame.data + 4));
  if (session == nullptr) return drop(frame, Counter::kHopUnknownIndex);
  frame.session = session;
  frame.counter = word64(frame.data + 8);
  const auto counter = wire::HopCounter::unpack(frame.counter);
  if (counter.lane >= session->lanes) return drop(frame, Counter::kHopBadLane);
  if (now >= session->hard_stop || frame.size > session->bytes_left) {
    return drop(frame, Counter::kHopExpired);
  }
  if (!session->windows[counter.lane].fresh(counter.sequence)) {
    return drop(frame, Counter::kHopReplay);
  }
}

/// After the tag fitted: the same frame twice in one burst passed the first question twice.
void accept(Frame& frame) {
  const auto counter = wire::HopCounter::unpack(frame.counter);
  ReplayWindow& window = frame.session->windows[counter.lane];
  if (!window.mark(counter.sequence)) return drop(frame, Counter::kHopReplay);
  frame.session->bytes_left -= std::min<std::uint64_t>(frame.session->bytes_left, frame.size);
  frame.fate = Fate::kForward;
}

/// What is in a frame.
struct Records {
  bool sound = false, control = false;
  std::size_t packets = 0;
};

/// Sound: the records fill the plaintext exactly.
Records inspect(const std::uint8_t* plain, std::size_t size) {
  Records out;
  std::size_t at = 0;
  while (at < size) {
    if (size - at < wire::kHopRecordHeader) return out;
    const std::size_t length = plain[at] | static_cast<std::size_t>(plain[at + 1]) << 8;
    const std::uint8_t* record = plain + at;
    out.control = out.control || (is_control(record) && !is_filler(record));
    out.packets += is_control(record) ? 0U : 1U;
    at += wire::kHopRecordHeader;
    if (length > size - at) return out;
    at += length;
  }
  out.sound = true;
  return out;
}

}  // namespace

void classify(std::span<Frame> frames, ReceiveSessions& sessions, Ticks now) {
  for (Frame& frame : frames) {
    if (frame.fate == Fate::kPending) classify_one(frame, sessions, now);
  }
}

void open(std::span<Frame> frames, const crypto::AeadBatch& aead, crypto::AeadScratch& scratch) {
  std::array<crypto::AeadJob, kBurst> jobs;
  std::array<std::uint8_t, kBurst> whose;
  std::size_t count = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    Frame& frame = frames[i];
    if (frame.fate != Fate::kPending) continue;
    crypto::AeadJob& job = jobs[count];
    job.key = &frame.session->key;
    job.associated = frame.data;
    job.associated_size = wire::kHopHeader;
    job.in = job.out = frame.data + wire::kHopHeader;
    job.size = frame.size - static_cast<std::uint32_t>(wire::kHopOverhead);
    job.tag = frame.data + frame.size - wire::kHopTag;
    job.set_counter(frame.counter);
    whose[count++] = static_cast<std::uint8_t>(i);
  }
  const std::uint64_t genuine = aead.open(scratch, {jobs.data(), count});
  for (std::size_t i = 0; i < count; ++i) {
    Frame& frame = frames[whose[i]];
    if ((genuine >> i & 1) == 0) {
      drop(frame, Counter::kHopForged);
    } else {
      accept(frame);
    }
  }
}

void check_records(std::span<Frame> frames) {
  for (Frame& frame : frames) {
    if (frame.fate != Fate::kForward) continue;
    const Records records = inspect(frame.data + wire::kHopHeader, frame.size - wire::kHopOverhead);
    if (!records.sound) {
      drop(frame, Counter::kHopForged);
      continue;
    }
    frame.control = records.control;
    frame.records = static_cast<std::uint8_t>(std::min<std::size_t>(records.packets, 255));
    if (records.control && records.packets == 0) frame.fate = Fate::kPunt;
  }
}

std::size_t take_records(std::span<Frame> frames, RecordCursor& cursor, std::span<Packet> packets) {
  std::size_t taken = 0;
  for (; cursor.frame < frames.size(); ++cursor.frame, cursor.at = 0) {
    const Frame& frame = frames[cursor.frame];
    if (frame.fate != Fate::kForward) continue;
    std::uint8_t* plain = frame.data + wire::kHopHeader;
    const std::size_t size = frame.size - wire::kHopOverhead;
    while (cursor.at < size) {
      if (taken == packets.size()) return taken;
      std::uint8_t* record = plain + cursor.at;
      const auto length = static_cast<std::uint16_t>(record[0] | record[1] << 8);
      cursor.at += wire::kHopRecordHeader + length;
      if (is_control(record)) continue;
      Packet& packet = packets[taken++];
      packet = Packet{};
      packet.size = length;
      packet.hop_class = record[2];
      packet.price = record[3];
      packet.data = record + wire::kHopRecordHeader;
      packet.frame = static_cast<std::uint16_t>(cursor.frame);
      packet.from = frame.session->neighbour;
    }
  }
  return taken;
}

}  // namespace mehr::dataplane
