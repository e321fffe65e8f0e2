// Bytes at the socket of programs' calls: however they are cut the verdict is the same, a call
// never comes without the key, and what is answered is short. The first byte says how far a program
// that has the key goes before the rest follows.
#include <cstdlib>

#include "controlplane/interface/program_login.h"
#include "core/base/random.h"
#include "core/crypto/hash.h"

namespace {

using mehr::append;
using mehr::Bytes;
using mehr::ByteView;
using mehr::interface::ProgramLogin;

void require(bool condition) {
  if (!condition) std::abort();
}

Bytes honest(ProgramLogin& login, unsigned steps, const Bytes& key) {
  const Bytes first = login.take_outgoing();
  const Bytes drawn(first.begin() + 4 + 11, first.end());
  Bytes out;
  if (steps > 0) append(out, ProgramLogin::framed(mehr::crypto::hmac_md5(key, drawn).view()));
  if (steps > 1) {
    append(out,
           ProgramLogin::framed(mehr::concat({mehr::as_bytes("#CHALLENGE#"), Bytes(20, 0x31)})));
  }
  if (steps > 2) append(out, ProgramLogin::framed(mehr::as_bytes("#WELCOME#")));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes key(16, 7);
  const unsigned steps = data[0] % 4U;
  mehr::SeededRandom one(1), other(1);
  ProgramLogin at_once(key, one), in_pieces(key, other);
  Bytes all = honest(at_once, steps, key);
  honest(in_pieces, steps, key);
  append(all, ByteView(data, size).subspan(1));
  const auto state = at_once.append(all);
  const std::size_t step = std::size_t{1} + data[0] / 4U;
  for (std::size_t at = 0; at < all.size(); at += step)
    in_pieces.append(ByteView(all).subspan(at, std::min(step, all.size() - at)));
  require(in_pieces.append({}) == state);
  require(in_pieces.call() == at_once.call());
  require(at_once.take_outgoing().size() <= 512);
  require(state != ProgramLogin::State::kCalled || steps == 3);
  require((state == ProgramLogin::State::kCalled) == !at_once.call().empty());
  return 0;
}
