// The HDLC encoder and decoder declared in hdlc.h.
#include "core/wire/hdlc.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cstring>

namespace mehr::wire {
namespace {

constexpr std::uint8_t kFlag = 0x7E;
constexpr std::uint8_t kEscape = 0x7D;
constexpr std::uint8_t kEscapedFlag = 0x5E;
constexpr std::uint8_t kEscapedEscape = 0x5D;

/// First place of `byte` within [from, to), or `to`. The library's search takes 32 bytes a step.
const std::uint8_t* find(const std::uint8_t* from, const std::uint8_t* to, std::uint8_t byte) {
  if (from == to) return to;
  const void* found = std::memchr(from, byte, static_cast<std::size_t>(to - from));
  return found == nullptr ? to : static_cast<const std::uint8_t*>(found);
}

std::uint8_t* copy(const std::uint8_t* from, const std::uint8_t* to, std::uint8_t* out) {
  const auto size = static_cast<std::size_t>(to - from);
  if (size != 0) std::memcpy(out, from, size);
  return out + size;
}

/// Escapes are rare, so what lies between them is copied as a whole.
void unescape(ByteView escaped, Bytes& out) {
  out.resize(escaped.size());
  const std::uint8_t* at = escaped.data();
  const std::uint8_t* const end = at + escaped.size();
  std::uint8_t* to = out.data();
  for (;;) {
    const std::uint8_t* escape = find(at, end, kEscape);
    to = copy(at, escape, to);
    if (escape == end) break;
    at = escape + 1;
    const bool known = at != end && (*at == kEscapedFlag || *at == kEscapedEscape);
    *to++ = !known ? kEscape : *at == kEscapedFlag ? kFlag : kEscape;
    if (known) ++at;
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

std::uint8_t* escape_byte(std::uint8_t byte, std::uint8_t* to) {
  if (byte == kFlag || byte == kEscape) {
    *to++ = kEscape;
    *to++ = byte == kFlag ? kEscapedFlag : kEscapedEscape;
  } else {
    *to++ = byte;
  }
  return to;
}

/// @param to room for twice the packet @return behind the last byte written
std::uint8_t* escape(ByteView packet, std::uint8_t* to) {
  const std::uint8_t* at = packet.data();
  const std::uint8_t* const end = at + packet.size();
#ifdef __SSE2__
  const __m128i flags = _mm_set1_epi8(static_cast<char>(kFlag));
  const __m128i escapes = _mm_set1_epi8(static_cast<char>(kEscape));
  while (end - at >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(block, flags), _mm_cmpeq_epi8(block, escapes));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    // Up to the first special byte all is as it will be; what is written behind it is overwritten.
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
    if (mask == 0) {
      at += 16;
      to += 16;
      continue;
    }
    const auto plain = std::countr_zero(mask);
    to = escape_byte(at[plain], to + plain);
    at += plain + 1;
  }
#endif
  while (at != end)
    to = escape_byte(*at++, to);
  return to;
}

}  // namespace

void hdlc_append(Bytes& out, ByteView packet) {
  const std::size_t before = out.size();
  // The longest it can get, and a block of 16 that may be written past it.
  out.resize(before + 2 * packet.size() + 2 + 16);
  std::uint8_t* to = out.data() + before;
  *to++ = kFlag;
  to = escape(packet, to);
  *to++ = kFlag;
  out.resize(static_cast<std::size_t>(to - out.data()));
}

Bytes hdlc_encode(ByteView packet) {
  Bytes out;
  hdlc_append(out, packet);
  return out;
}

std::optional<ByteView> HdlcDecoder::next(ByteView& chunk) {
  while (!chunk.empty()) {
    const std::uint8_t* const end = chunk.data() + chunk.size();
    const std::uint8_t* const flag = find(chunk.data(), end, kFlag);
    const ByteView run = chunk.first(static_cast<std::size_t>(flag - chunk.data()));
    if (flag == end) {
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
  const std::uint8_t* const end = escaped.data() + escaped.size();
  if (!partial_.empty() || find(escaped.data(), end, kEscape) != end) {
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
