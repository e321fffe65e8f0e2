// KISS streams: chunks do not matter, payloads stay within the limit, what is delivered survives
// encoding. Input: limit, chunk size, options, stream.
#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/assert.h"
#include "core/wire/kiss.h"

using namespace mehr;

namespace {

using Frames = std::vector<std::pair<std::uint8_t, Bytes>>;

Frames run(wire::KissDecoder decoder, ByteView stream, std::size_t step) {
  Frames frames;
  while (!stream.empty()) {
    const ByteView chunk = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(chunk.size());
    decoder.push(chunk, [&](const wire::KissFrame& frame) {
      frames.emplace_back(frame.command, to_bytes(frame.payload));
    });
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::size_t limit = std::size_t{2} * data[0];
  const auto form = (data[2] & 1) != 0 ? wire::KissCommand::kPortNibble : wire::KissCommand::kByte;
  const auto delimiter =
      (data[2] & 2) != 0 ? wire::KissDelimiter::kSeparate : wire::KissDelimiter::kShared;
  const wire::KissDecoder decoder(limit, form, delimiter);
  const ByteView stream{data + 3, size - 3};
  const Frames frames = run(decoder, stream, stream.size() + 1);
  MEHR_ASSERT(frames == run(decoder, stream, std::size_t{1} + data[1]));
  Bytes encoded;
  for (const auto& [command, payload] : frames) {
    MEHR_ASSERT(payload.size() <= limit && command != 0xC0);
    wire::kiss_append(encoded, command, payload);
  }
  MEHR_ASSERT(run(decoder, encoded, encoded.size() + 1) == frames);
  return 0;
}
