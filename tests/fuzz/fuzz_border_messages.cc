// Packets between mehrd and mehr-dataplane, either way: whatever decodes encodes to the very same
// bytes.
#include "core/base/assert.h"
#include "core/border/messages.h"

namespace {

template <typename Messages>
void encodes_to(const Messages& messages, mehr::ByteView packet) {
  mehr::border::PacketBuilder builder;
  for (const auto& message : messages)
    MEHR_ASSERT(builder.add(message));
  MEHR_ASSERT(mehr::to_bytes(builder.packet()) == mehr::to_bytes(packet));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const mehr::ByteView packet(data, size);
  if (const auto down = mehr::border::decode_down(packet)) encodes_to(*down, packet);
  if (const auto up = mehr::border::decode_up(packet)) encodes_to(*up, packet);
  return 0;
}
