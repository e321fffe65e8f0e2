// bz2 as resources use it. Decompression stops at a cap, because a few bytes can claim to be
// gigabytes. Pure; the only file that touches the library is compression.cc.
#pragma once

#include <optional>

#include "core/base/bytes.h"

namespace mehr::endpoint {

/// One bz2 stream, level 9 (the reference's default).
Bytes compress(ByteView data);
/// @param limit most bytes the result may have
/// @return nullopt when damaged, cut short, or longer than `limit`
std::optional<Bytes> decompress(ByteView data, std::size_t limit);

}  // namespace mehr::endpoint
