// The KISS encoder and decoder declared in kiss.h.
#include "core/wire/kiss.h"

#include "core/base/assert.h"

namespace mehr::wire {
namespace {

constexpr std::uint8_t kDelimiter = 0xC0;
constexpr std::uint8_t kEscape = 0xDB;
constexpr std::uint8_t kEscapedDelimiter = 0xDC;
constexpr std::uint8_t kEscapedEscape = 0xDD;

}  // namespace

void kiss_append(Bytes& out, std::uint8_t command, ByteView payload) {
  MEHR_ASSERT(command != kDelimiter);
  out.reserve(out.size() + payload.size() + 3);
  out.push_back(kDelimiter);
  out.push_back(command);
  for (const std::uint8_t byte : payload) {
    if (byte == kDelimiter || byte == kEscape) {
      out.push_back(kEscape);
      out.push_back(byte == kDelimiter ? kEscapedDelimiter : kEscapedEscape);
    } else {
      out.push_back(byte);
    }
  }
  out.push_back(kDelimiter);
}

Bytes kiss_encode(std::uint8_t command, ByteView payload) {
  Bytes out;
  kiss_append(out, command, payload);
  return out;
}

std::optional<KissFrame> KissDecoder::next(ByteView& chunk) {
  if (delivered_) {
    payload_.clear();
    delivered_ = false;
  }
  while (!chunk.empty()) {
    const std::uint8_t byte = chunk.front();
    chunk = chunk.subspan(1);
    if (byte == kDelimiter) {
      if (const auto frame = delimit()) return frame;
    } else {
      take(byte);
    }
  }
  return std::nullopt;
}

std::optional<KissFrame> KissDecoder::delimit() {
  const bool finished = state_ == State::kPayload;
  const bool closes_only =
      finished && command_ == kKissData && delimiter_ == KissDelimiter::kSeparate;
  state_ = closes_only ? State::kOutside : State::kCommand;
  if (overflowed_) ++cut_;
  escape_ = overflowed_ = false;
  if (!finished) return std::nullopt;
  delivered_ = true;
  return KissFrame{command_, payload_};
}

void KissDecoder::take(std::uint8_t byte) {
  if (state_ == State::kOutside) return;
  if (state_ == State::kCommand) {
    command_ = command_form_ == KissCommand::kPortNibble ? byte & 0x0F : byte;
    state_ = State::kPayload;
    return;
  }
  if (payload_.size() >= max_payload_) {
    overflowed_ = true;
    return;
  }
  if (byte == kEscape) {
    escape_ = true;
    return;
  }
  if (escape_ && byte == kEscapedDelimiter)
    byte = kDelimiter;
  else if (escape_ && byte == kEscapedEscape)
    byte = kEscape;
  escape_ = false;
  payload_.push_back(byte);
}

void KissDecoder::reset() {
  state_ = State::kOutside;
  escape_ = overflowed_ = false;
  payload_.clear();
  delivered_ = false;
}

}  // namespace mehr::wire
