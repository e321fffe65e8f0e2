// MessagePack values: whole values are consumed exactly, typed reads never pass the end.
#include <cstdlib>

#include "core/wire/msgpack.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  wire::MsgpackReader whole(input);
  while (!whole.failed() && whole.remaining() > 0) {
    const std::size_t before = whole.remaining();
    const auto value = whole.value();
    if (value && (value->empty() || before - whole.remaining() != value->size())) std::abort();
    if (!value && !whole.failed()) std::abort();
  }
  wire::MsgpackReader typed(input);
  while (!typed.failed() && typed.remaining() > 0) {
    const std::size_t before = typed.remaining();
    switch (typed.peek()) {
      case wire::MsgpackKind::kArray:
        typed.array();
        break;
      case wire::MsgpackKind::kMap:
        typed.map();
        break;
      case wire::MsgpackKind::kString:
        typed.string();
        break;
      case wire::MsgpackKind::kBinary:
        typed.bytes();
        break;
      case wire::MsgpackKind::kNil:
        typed.nil();
        break;
      case wire::MsgpackKind::kFloat:
        typed.number();
        break;
      case wire::MsgpackKind::kInteger:
        (before & 1) != 0 ? void(typed.number()) : void(typed.unsigned_integer());
        break;
      default:
        typed.value();
        break;
    }
    if (!typed.failed() && typed.remaining() >= before) std::abort();
  }
  return 0;
}
