// Access codes: what is admitted is protected to the same frame again, what we protect is admitted.
// Input: code size, frame. The key is the one of the seeds.
#include "core/base/assert.h"
#include "core/crypto/access_code.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t code_size = std::size_t{1} + data[0] % 64;
  const crypto::AccessCode code("mehr", "", code_size);
  const ByteView frame{data + 1, size - 1};
  if (const auto packet = code.admit(frame)) {
    MEHR_ASSERT(packet->size() + code_size == frame.size());
    MEHR_ASSERT(code.protect(*packet) == to_bytes(frame));
  }
  if (frame.size() < 3) return 0;
  Bytes packet = to_bytes(frame);
  packet[0] &= 0x7F;
  const Bytes made = code.protect(packet);
  MEHR_ASSERT(made.size() == packet.size() + code_size && (made[0] & 0x80) != 0);
  MEHR_ASSERT(code.admit(made) == packet);
  return 0;
}
