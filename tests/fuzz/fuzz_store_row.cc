// Any bytes as a row of the databases. What decodes must encode to a row that decodes again, with
// times the router can compute with. The first byte chooses the kind of row.
#include <cstdlib>

#include "controlplane/store/rows.h"

namespace {
void require(bool condition) {
  if (!condition) std::abort();
}

const mehr::store::ClockPair kClocks{
    mehr::Time{mehr::Duration{5'000'000'000}},
    mehr::UnixTime{std::chrono::microseconds{1'700'000'000'000'000}}};

void check_path(const mehr::routing::PathEntry& path) {
  require(path.learned <= kClocks.now && path.last_used <= kClocks.now);
  require(path.expires <= kClocks.now + std::chrono::hours(24 * 30));
  require(path.blobs.size() <= 64 && path.hops < mehr::wire::kMaxHops);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const mehr::ByteView row(data + 1, size - 1);
  if (data[0] == 0xFF) {
    const std::size_t key = std::min(row.size(), mehr::store::kPeerKey);
    const auto peer = mehr::store::decode_peer(row.first(key), row.subspan(key));
    if (!peer) return 0;
    const mehr::Bytes again = mehr::store::encode_peer(peer->peer, peer->last_linked);
    require(std::equal(again.begin(), again.end(), row.begin() + static_cast<std::ptrdiff_t>(key),
                       row.end()));
  } else if (data[0] == 0xFE) {
    const auto emitted = mehr::store::decode_announced(row);
    if (!emitted) return 0;
    const mehr::Bytes again = mehr::store::encode_announced(*emitted);
    require(std::equal(again.begin(), again.end(), row.begin(), row.end()));
  } else if (data[0] % 3 == 0) {
    const auto path = mehr::store::decode_path({}, row, kClocks);
    if (!path) return 0;
    check_path(*path);
    require(mehr::store::decode_path({}, mehr::store::encode_path(*path, kClocks), kClocks)
                .has_value());
  } else if (data[0] % 3 == 1) {
    const auto tunnel = mehr::store::decode_tunnel({}, row, kClocks);
    if (!tunnel) return 0;
    for (const auto& path : tunnel->paths)
      check_path(path);
    const auto again =
        mehr::store::decode_tunnel({}, mehr::store::encode_tunnel(*tunnel, kClocks), kClocks);
    require(again && again->paths.size() == tunnel->paths.size());
  } else {
    const auto message = mehr::store::decode_message(row);
    if (!message) return 0;
    const auto again = mehr::store::decode_message(mehr::store::encode_message(*message));
    require(again && again->content == message->content && again->state == message->state);
  }
  return 0;
}
