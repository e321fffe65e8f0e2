// LXMF messages and announce app data from strangers: whatever decodes must encode to the same id
// material again, and names must be fit for a terminal.
#include <cstdlib>

#include "core/wire/lxmf.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  const wire::LxmfAnnounce announce = wire::decode_lxmf_announce(input);
  if (announce.display_name.size() > 128) std::abort();
  for (const char c : announce.display_name) {
    if (static_cast<unsigned char>(c) < 0x20) std::abort();
  }
  if (const auto message = wire::decode_lxmf(input)) {
    const Bytes again = wire::encode_lxmf(message->destination, message->source, message->signature,
                                          message->payload);
    const auto second = wire::decode_lxmf(again);
    if (!second || second->payload != message->payload || second->fields != message->fields) {
      std::abort();
    }
  }
  return 0;
}
