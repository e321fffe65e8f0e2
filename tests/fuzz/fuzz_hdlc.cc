// HDLC streams, cut into chunks of a size the input chooses, against a plain model of the rules;
// and what is delivered survives encoding. Input: MTU, access code size, chunk size, stream.
#include <algorithm>
#include <vector>

#include "core/base/assert.h"
#include "core/wire/hdlc.h"

using namespace mehr;

namespace {

/// The receiver in its simplest form: keep everything, look for two flags, unescape, compare
/// lengths.
class Model {
 public:
  Model(std::size_t mtu, std::size_t access) : mtu_(mtu), limit_(mtu + access) {}

  void push(ByteView chunk, std::vector<Bytes>& frames) {
    append(buffer_, chunk);
    for (;;) {
      const auto start = std::find(buffer_.begin(), buffer_.end(), 0x7E);
      buffer_.erase(buffer_.begin(), start);
      if (buffer_.empty()) return;
      const auto end = std::find(buffer_.begin() + 1, buffer_.end(), 0x7E);
      if (end == buffer_.end()) {
        if (buffer_.size() > 2 * mtu_) buffer_.clear();
        return;
      }
      const Bytes frame =
          replace(replace({buffer_.begin() + 1, end}, {0x7D, 0x5E}, 0x7E), {0x7D, 0x5D}, 0x7D);
      if (frame.size() > 19 && frame.size() <= limit_) frames.push_back(frame);
      buffer_.erase(buffer_.begin(), end);
    }
  }

 private:
  static Bytes replace(const Bytes& in, const Bytes& what, std::uint8_t by) {
    Bytes out;
    for (auto at = in.begin(); at != in.end();) {
      const bool here = in.end() - at >= 2 && std::equal(what.begin(), what.end(), at);
      out.push_back(here ? by : *at);
      at += here ? 2 : 1;
    }
    return out;
  }

  std::size_t mtu_, limit_;
  Bytes buffer_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::size_t mtu = 20 + data[0];
  const std::size_t access = data[1] % 65;
  const std::size_t step = std::size_t{1} + data[2];
  wire::HdlcDecoder decoder(mtu, access);
  Model model(mtu, access);
  std::vector<Bytes> frames;
  std::vector<Bytes> expected;
  for (ByteView rest{data + 3, size - 3}; !rest.empty();) {
    const ByteView chunk = rest.first(std::min(step, rest.size()));
    rest = rest.subspan(chunk.size());
    decoder.push(chunk, [&](ByteView frame) { frames.push_back(to_bytes(frame)); });
    model.push(chunk, expected);
    MEHR_ASSERT(decoder.buffered() <= 2 * mtu);
  }
  MEHR_ASSERT(frames == expected);
  for (const Bytes& frame : frames) {
    const Bytes encoded = wire::hdlc_encode(frame);
    MEHR_ASSERT(encoded.size() <= 2 * frame.size() + 2);
    std::size_t again = 0;
    wire::HdlcDecoder fresh(mtu, access);
    fresh.push(encoded, [&](ByteView same) { again += to_bytes(same) == frame ? 1U : 9U; });
    MEHR_ASSERT(again == 1);
  }
  return 0;
}
