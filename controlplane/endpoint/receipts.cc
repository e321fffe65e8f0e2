// A map by truncated hash, and the order of sending for expiry and eviction.
#include "controlplane/endpoint/receipts.h"

#include "controlplane/endpoint/timing.h"
#include "core/crypto/hash.h"
#include "core/crypto/proof.h"

namespace mehr::endpoint {

using border::Counter;

void Receipts::add(const Hash32& packet_hash, ByteView verify_key, Proved proved) {
  while (order_.size() >= kMaxReceipts) {
    open_.erase(order_.front().second);
    order_.pop_front();
  }
  const Hash16 key = crypto::truncate(packet_hash);
  open_[key] = Receipt{packet_hash, *Hash32::from(verify_key), context_.now, std::move(proved)};
  order_.emplace_back(context_.now, key);
}

bool Receipts::proof_arrived(const routing::Delivery& delivery) {
  // A proof over a link is addressed to the link and names the packet itself.
  Hash16 key = delivery.packet.destination;
  if (delivery.packet.destination_type == wire::DestinationType::kLink) {
    const auto named = Hash16::from(delivery.packet.data);
    if (named) key = *named;
  }
  const auto found = open_.find(key);
  if (found == open_.end()) {
    context_.count(Counter::kEndpointProofUnmatched);
    return false;
  }
  if (!crypto::check_packet_proof(found->second.packet_hash, delivery.packet.data,
                                  found->second.verify_key.view())) {
    context_.count(Counter::kEndpointProofBad);
    return false;
  }
  const Receipt receipt = std::move(found->second);
  open_.erase(found);
  receipt.proved(ProofSeen{context_.now - receipt.sent, delivery.packet.hops, delivery.raw.size(),
                           delivery.signal});
  return true;
}

void Receipts::tick() {
  while (!order_.empty() && context_.now - order_.front().first >= kReceiptLife) {
    open_.erase(order_.front().second);
    order_.pop_front();
  }
}

}  // namespace mehr::endpoint
