// The sender's state machine. The receiver sets the pace: nothing but the advertisement and the
// question for a missing proof is ever sent unasked.
#include "controlplane/endpoint/resource_sender.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>

#include "controlplane/endpoint/timing.h"
#include "core/crypto/hash.h"
#include "core/wire/link.h"

namespace mehr::endpoint {
namespace {

constexpr std::size_t kRememberedRequests = 64;
constexpr double kQueuedMax = 120;  // seconds; no estimate may stop a transfer for longer

/// All waits a receiver may take between its retries, added up.
Duration retry_delays() {
  return kPerRetryDelay * (kPartRetries * (kPartRetries + 1) / 2);
}

}  // namespace

ResourceSender::ResourceSender(ResourceChannel& channel, Bytes data, bool compress)
    : channel_(channel),
      data_(std::move(data)),
      compress_(compress),
      segments_((data_.size() - 1) / wire::kResourceSegmentMax + 1) {}

void ResourceSender::start() {
  prepare();
  original_hash_ = segment_.hash;
  advertise();
}

void ResourceSender::prepare() {
  const std::size_t at = (segment_index_ - 1) * wire::kResourceSegmentMax;
  const std::size_t size = std::min(wire::kResourceSegmentMax, data_.size() - at);
  segment_ = prepare_segment(ByteView(data_).subspan(at, size), compress_,
                             wire::resource_sdu(channel_.mtu()),
                             {[this](ByteView plaintext) { return channel_.seal(plaintext); },
                              [this] { return channel_.random().fixed<4>(); }});
  state_ = State::kAdvertised;
  retries_ = kAdvertisementRetries;
  rtt_.reset();
  search_from_ = sent_count_ = 0;
  sent_.assign(segment_.parts(), false);
}

void ResourceSender::advertise() {
  wire::ResourceAdvertisement out;
  out.transfer_size = segment_.stream.size();
  out.data_size = data_.size();
  out.parts = segment_.parts();
  out.hash = segment_.hash;
  out.random = segment_.random;
  out.original_hash = original_hash_;
  out.segment = segment_index_;
  out.segments = segments_;
  out.compressed = segment_.compressed;
  out.split = segments_ > 1;
  out.map = segment_.map;
  wire_bytes_ +=
      channel_.send(wire::Context::kResourceAdvertisement, wire::encode_resource_advertisement(out))
          .wire_bytes;
  advertised_ = channel_.now();
  await(channel_.rtt() * kTrafficTimeoutFactor + kProcessingGrace);
}

void ResourceSender::requested(const wire::ResourceRequest& request, const Hash32& packet_hash) {
  if (finished() || request.hash != segment_.hash) return;
  if (std::find(seen_requests_.begin(), seen_requests_.end(), packet_hash) !=
      seen_requests_.end()) {
    return;
  }
  seen_requests_.push_back(packet_hash);
  if (seen_requests_.size() > kRememberedRequests) seen_requests_.pop_front();
  anything_requested_ = true;
  if (!rtt_) rtt_ = channel_.now() - advertised_;
  state_ = State::kTransferring;
  const std::size_t before = wire_bytes_;
  send_parts(request);
  if (request.last_known && !send_map(*request.last_known)) return cancel();
  // What was just handed over is still in the queue of our own interface.
  const double queued_s =
      static_cast<double>(wire_bytes_ - before) * 8 / channel_.bits_per_second();
  const Duration queued = from_seconds(std::min(queued_s, kQueuedMax));
  if (sent_count_ == segment_.parts()) {
    state_ = State::kAwaitingProof;
    retries_ = kProofQueries;
    await(queued + *rtt_ * 3 + kResourceGrace);
  } else {
    await(queued + *rtt_ * (kTrafficTimeoutFactor * kPartRetries) + kResourceGrace +
          retry_delays());
  }
}

void ResourceSender::send_parts(const wire::ResourceRequest& request) {
  const absl::flat_hash_set<wire::MapHash> wanted(request.wanted.begin(), request.wanted.end());
  const std::size_t end = std::min(segment_.parts(), search_from_ + wire::kResourceCollisionGuard);
  for (std::size_t i = search_from_; i < end; ++i) {
    if (!wanted.contains(segment_.map[i])) continue;
    wire_bytes_ +=
        channel_.send_clear(wire::PacketType::kData, wire::Context::kResource, segment_.part(i))
            .wire_bytes;
    if (!sent_[i]) ++sent_count_;
    sent_[i] = true;
  }
}

bool ResourceSender::send_map(const wire::MapHash& last_known) {
  const std::size_t end = std::min(segment_.parts(), search_from_ + wire::kResourceCollisionGuard);
  std::size_t next = search_from_;
  while (next < end && segment_.map[next] != last_known)
    ++next;
  if (next == end) return false;
  ++next;
  // The receiver's map can only end where a piece of it ended, and not at the very end.
  if (next % wire::kResourceMapEntries != 0 || next >= segment_.parts()) return false;
  search_from_ = next - 1 > wire::kResourceWindowMax ? next - 1 - wire::kResourceWindowMax : 0;
  wire::ResourceMapUpdate update;
  update.hash = segment_.hash;
  update.segment = next / wire::kResourceMapEntries;
  const std::size_t count = std::min(wire::kResourceMapEntries, segment_.parts() - next);
  const auto first = segment_.map.begin() + static_cast<std::ptrdiff_t>(next);
  update.map.assign(first, first + static_cast<std::ptrdiff_t>(count));
  wire_bytes_ +=
      channel_.send(wire::Context::kResourceHashmapUpdate, wire::encode_resource_map_update(update))
          .wire_bytes;
  return true;
}

void ResourceSender::proved(const wire::ResourceProof& proof) {
  if (finished() || proof.hash != segment_.hash || proof.proof != segment_.expected_proof) return;
  if (segment_index_ == segments_) {
    state_ = State::kComplete;
    return;
  }
  ++segment_index_;
  prepare();
  advertise();
}

void ResourceSender::refused() {
  if (finished()) return;
  state_ = anything_requested_ ? State::kFailed : State::kRefused;
}

void ResourceSender::cancel() {
  if (finished()) return;
  channel_.send(wire::Context::kResourceInitiatorCancel, segment_.hash.view());
  state_ = State::kFailed;
}

void ResourceSender::tick() {
  if (finished() || channel_.now() < deadline_) return;
  if (state_ == State::kTransferring || retries_ == 0) return cancel();
  --retries_;
  if (state_ == State::kAdvertised) return advertise();
  // The proof may have been lost: ask for exactly that packet, by its hash.
  wire::Packet proof;
  const Bytes data = wire::encode_resource_proof({segment_.hash, segment_.expected_proof});
  proof.destination_type = wire::DestinationType::kLink;
  proof.packet_type = wire::PacketType::kProof;
  proof.destination = channel_.id();
  proof.context = wire::Context::kResourceProof;
  proof.data = data;
  const Hash32 hash = crypto::packet_hash(wire::encode_packet(proof));
  channel_.send_clear(wire::PacketType::kData, wire::Context::kCacheRequest, hash.view());
  await(*rtt_ * 3 + kResourceGrace);
}

}  // namespace mehr::endpoint
