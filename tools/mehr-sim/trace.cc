// The chain of hashes and the tail. See trace.h.
#include "tools/mehr-sim/trace.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/crypto/hash.h"

namespace mehr::mehr_sim {
namespace {

constexpr std::size_t kBlock = 65'536;

}  // namespace

std::string_view kind_name(EventKind kind) {
  static constexpr std::array<std::string_view, 18> kNames{
      "timer",  "post",      "boot",    "datagram", "path_mtu", "connect",
      "accept", "connected", "refused", "data",     "closed",   "serial",
      "air",    "disk",      "fault",   "traffic",  "message",  "control"};
  return kNames[static_cast<std::size_t>(kind)];
}

void Trace::add(Time at, HostId host, EventKind kind, ByteView bytes) {
  ++events_;
  ByteWriter head(17);
  head.u64_le(static_cast<std::uint64_t>(at.time_since_epoch().count()))
      .u32_le(host)
      .u8(static_cast<std::uint8_t>(kind))
      .u32_le(static_cast<std::uint32_t>(bytes.size()));
  append(block_, head.written());
  append(block_, bytes);
  if (block_.size() >= kBlock) {
    chain_ = hash();
    block_.clear();
  }
  Line line{at, host, kind, bytes.size(), {}};
  std::copy_n(bytes.begin(), std::min(bytes.size(), line.head.kSize), line.head.bytes.begin());
  tail_.push_back(line);
  if (tail_.size() > kTail) tail_.pop_front();
  if (listener_) listener_(text(line));
}

Hash32 Trace::hash() const {
  return crypto::sha256(concat({chain_.view(), block_}));
}

std::string Trace::text(const Line& line) {
  std::array<char, 64> front{};
  const bool nobody = line.host == kNobody;
  std::snprintf(front.data(), front.size(), "%14.6f s  %-4s %-9s %5zu  ",
                to_seconds(line.at.time_since_epoch()),
                nobody ? "-" : ("n" + std::to_string(line.host)).c_str(),
                std::string(kind_name(line.kind)).c_str(), line.size);
  return front.data() +
         to_hex(ByteView(line.head.bytes).first(std::min(line.size, line.head.kSize)));
}

std::string Trace::tail() const {
  std::string out;
  for (const Line& line : tail_)
    out += text(line) + "\n";
  return out;
}

}  // namespace mehr::mehr_sim
