// Bytes at the metrics socket: however they are cut, the verdict is the same, and what is accepted
// is within its bounds.
#include <cstdlib>

#include "controlplane/metrics/http_request.h"

namespace {
void require(bool condition) {
  if (!condition) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mehr::metrics::RequestReader;
  const mehr::ByteView whole(data, size);
  RequestReader at_once, in_pieces;
  const auto state = at_once.append(whole);
  const std::size_t step = size == 0 ? 1 : 1 + data[0] % 7U;
  for (std::size_t at = 0; at < size; at += step)
    in_pieces.append(whole.subspan(at, std::min(step, size - at)));
  require(in_pieces.append({}) == state);
  require(in_pieces.status() == at_once.status());
  require((state == RequestReader::State::kMalformed) == (at_once.status() != 0));
  const auto& request = at_once.request();
  require(request.target == in_pieces.request().target && request.host == in_pieces.request().host);
  if (state == RequestReader::State::kReady) {
    require(request.target.starts_with('/') &&
            request.target.size() < mehr::metrics::kRequestHeadMax);
  } else {
    require(request.target.empty());
  }
  return 0;
}
