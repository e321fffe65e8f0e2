// The admin socket's bytes, both directions: framing, verification, and what survives encoded
// again.
#include <cstdlib>

#include "core/api/codec.h"

namespace {

// The first byte chooses the direction and how the stream is cut into reads.
template <typename Decode, typename Encode>
void run(mehr::ByteView data, std::size_t chunk, std::size_t body_max, Decode decode,
         Encode encode) {
  mehr::api::FrameReader reader(body_max);
  while (!data.empty()) {
    const auto piece = data.first(std::min(chunk, data.size()));
    data = data.subspan(piece.size());
    if (!reader.append(piece)) return;
    while (const auto body = reader.next()) {
      const auto value = decode(*body);
      if (value == nullptr) return;
      const mehr::Bytes frame = encode(*value);
      // What was accepted must be accepted again in the form we write.
      if (!frame.empty() && decode(mehr::ByteView(frame).subspan(4)) == nullptr) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const mehr::ByteView rest(data + 1, size - 1);
  const std::size_t chunk = 1 + (data[0] >> 1U);
  if ((data[0] & 1U) == 0) {
    run(rest, chunk, mehr::api::kRequestBytesMax, mehr::api::decode_request,
        mehr::api::encode_request);
  } else {
    run(rest, chunk, mehr::api::kResponseBytesMax, mehr::api::decode_response,
        mehr::api::encode_response);
  }
  return 0;
}
