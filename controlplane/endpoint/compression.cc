// The library's streaming interface, with the output grown in steps up to the cap.
#include "controlplane/endpoint/compression.h"

#include <bzlib.h>

#include <algorithm>

#include "core/base/assert.h"

namespace mehr::endpoint {
namespace {

constexpr int kLevel = 9;
constexpr std::size_t kStep = 65'536;

/// The library takes pointers to non-const char and promises not to write.
char* library_pointer(const std::uint8_t* data) {
  return const_cast<char*>(reinterpret_cast<const char*>(data));
}

}  // namespace

Bytes compress(ByteView data) {
  // The manual's bound: one percent and 600 bytes more than the input.
  Bytes out(data.size() + data.size() / 100 + 600);
  auto size = static_cast<unsigned>(out.size());
  const int result =
      BZ2_bzBuffToBuffCompress(library_pointer(out.data()), &size, library_pointer(data.data()),
                               static_cast<unsigned>(data.size()), kLevel, 0, 0);
  MEHR_ASSERT(result == BZ_OK);
  out.resize(size);
  return out;
}

std::optional<Bytes> decompress(ByteView data, std::size_t limit) {
  bz_stream stream{};
  if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) return std::nullopt;
  stream.next_in = library_pointer(data.data());
  stream.avail_in = static_cast<unsigned>(data.size());
  Bytes out;
  int result = BZ_OK;
  while (result == BZ_OK) {
    const std::size_t had = out.size();
    // One byte beyond the cap tells "exactly full" from "too long".
    const std::size_t room = std::min(kStep, limit + 1 - had);
    if (room == 0) break;
    out.resize(had + room);
    stream.next_out = library_pointer(out.data() + had);
    stream.avail_out = static_cast<unsigned>(room);
    result = BZ2_bzDecompress(&stream);
    out.resize(had + room - stream.avail_out);
    if (result == BZ_OK && stream.avail_in == 0 && stream.avail_out > 0) break;  // cut short
  }
  BZ2_bzDecompressEnd(&stream);
  if (result != BZ_STREAM_END || out.size() > limit) return std::nullopt;
  return out;
}

}  // namespace mehr::endpoint
