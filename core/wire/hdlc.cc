// The HDLC encoder and decoder declared in hdlc.h.
#include "core/wire/hdlc.h"

#include <algorithm>

namespace mehr::wire {
namespace {

constexpr std::uint8_t kFlag = 0x7E;
constexpr std::uint8_t kEscape = 0x7D;
constexpr std::uint8_t kEscapedFlag = 0x5E;
constexpr std::uint8_t kEscapedEscape = 0x5D;

void unescape(ByteView escaped, Bytes& out) {
  out.clear();
  out.reserve(escaped.size());
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    std::uint8_t byte = escaped[i];
    if (byte == kEscape && i + 1 < escaped.size()) {
      const std::uint8_t code = escaped[i + 1];
      if (code == kEscapedFlag || code == kEscapedEscape) {
        byte = code == kEscapedFlag ? kFlag : kEscape;
        ++i;
      }
    }
    out.push_back(byte);
  }
}

}  // namespace

void hdlc_append(Bytes& out, ByteView packet) {
  out.reserve(out.size() + packet.size() + 2);
  out.push_back(kFlag);
  for (const std::uint8_t byte : packet) {
    if (byte == kFlag || byte == kEscape) {
      out.push_back(kEscape);
      out.push_back(byte == kFlag ? kEscapedFlag : kEscapedEscape);
    } else {
      out.push_back(byte);
    }
  }
  out.push_back(kFlag);
}

Bytes hdlc_encode(ByteView packet) {
  Bytes out;
  hdlc_append(out, packet);
  return out;
}

std::optional<ByteView> HdlcDecoder::next(ByteView& chunk) {
  while (!chunk.empty()) {
    const auto flag = std::find(chunk.begin(), chunk.end(), kFlag);
    const ByteView run = chunk.first(static_cast<std::size_t>(flag - chunk.begin()));
    if (flag == chunk.end()) {
      chunk = {};
      if (!open_) return std::nullopt;
      append(partial_, run);
      // The opening flag counts, as in the reference, whose buffer still holds it.
      if (partial_.size() + 1 > 2 * hw_mtu_) {
        ++counts_.runaway;
        reset();
      }
      return std::nullopt;
    }
    chunk = chunk.subspan(run.size() + 1);
    const bool was_open = open_;
    open_ = true;
    if (!was_open) continue;
    if (const auto frame = finish(run)) return frame;
  }
  return std::nullopt;
}

std::optional<ByteView> HdlcDecoder::finish(ByteView escaped) {
  if (!partial_.empty()) {
    append(partial_, escaped);
    escaped = partial_;
  }
  ByteView frame = escaped;
  if (escaped.size() > 2 * limit_) {
    // Longer than any frame within the limit can be escaped: no need to look inside.
    ++counts_.too_long;
    partial_.clear();
    return std::nullopt;
  }
  if (!partial_.empty() || std::find(escaped.begin(), escaped.end(), kEscape) != escaped.end()) {
    unescape(escaped, frame_);
    frame = frame_;
    partial_.clear();
  }
  if (frame.empty()) return std::nullopt;
  if (frame.size() <= kHdlcRunt) {
    ++counts_.too_short;
    return std::nullopt;
  }
  if (frame.size() > limit_) {
    ++counts_.too_long;
    return std::nullopt;
  }
  return frame;
}

void HdlcDecoder::reset() {
  open_ = false;
  partial_.clear();
}

}  // namespace mehr::wire
