// Sending announces.
#include "controlplane/routing/announce_outbound.h"

#include <algorithm>

#include "controlplane/routing/choice.h"
#include "controlplane/routing/hop_offset.h"
#include "controlplane/routing/modes.h"
#include "controlplane/routing/path_costs.h"
#include "controlplane/routing/stretch.h"
#include "core/base/assert.h"

namespace mehr::routing {
namespace {

constexpr std::uint8_t kRelayFlags = 0x51;  // header type 2, transport, SINGLE, ANNOUNCE
constexpr std::uint8_t kContextFlag = 0x20;

void relay_to(Node& node, Interface& to, const DueAnnounce& announce, Time now) {
  switch (
      to.queue.offer(announce.destination, announce.packet, announce.hops, announce.emitted, now)) {
    case AnnounceQueue::Offer::kSendNow:
      if (transmit_announce(node, to, *announce.packet)) {
        node.counters.add(Counter::kAnnounceRelayed);
      }
      return;
    case AnnounceQueue::Offer::kQueued:
      node.counters.add(Counter::kAnnounceQueued);
      node.queueing.insert(to.id);
      return;
    case AnnounceQueue::Offer::kFull:
      node.counters.add(Counter::kAnnounceQueueFull);
      return;
    case AnnounceQueue::Offer::kReplaced:
    case AnnounceQueue::Offer::kAlreadyQueued:
      return;
  }
}

/// Fills in packet and hops of an answer from the path as it is now. @return false: nothing to send
bool complete_answer(const Node& node, DueAnnounce& announce) {
  const PathEntry* path = node.paths.find(announce.destination);
  if (path == nullptr || !relayable(path->hops, path->announce_payload.size())) return false;
  announce.hops = path->hops;
  announce.packet =
      relayed_announce(node, path->destination, path->hops, path->announce_has_ratchet,
                       wire::Context::kPathResponse, path->announce_payload);
  return true;
}

}  // namespace

bool relayable(std::uint8_t hops, std::size_t payload) {
  return hops < wire::kMaxHops && wire::kHeaderMax + payload <= wire::kMtu;
}

SharedPacket relayed_announce(const Node& node, const DestinationHash& destination,
                              std::uint8_t hops, bool ratchet, wire::Context context,
                              ByteView payload) {
  ByteWriter writer(wire::kHeaderMax + payload.size());
  writer.u8(ratchet ? kRelayFlags | kContextFlag : kRelayFlags)
      .u8(hops)
      .bytes(node.config.transport_id.view())
      .bytes(destination.view())
      .u8(static_cast<std::uint8_t>(context))
      .bytes(payload);
  return std::make_shared<const Bytes>(writer.take());
}

bool send_own_announce(Node& node, ByteView raw, std::optional<InterfaceId> only) {
  bool sent = false;
  const auto packet = wire::decode_packet(raw);
  MEHR_ASSERT(packet);
  if (const auto announce = wire::decode_announce(*packet)) {
    node.made_own(packet->destination, announce->emitted());
  }
  for (const auto& [id, interface] : node.interfaces) {
    if (!interface->traits.outgoing) continue;
    if (only ? id != *only : interface->traits.mode == InterfaceMode::kAccessPoint) continue;
    const Bytes own = to_bytes(with_hop_offset(node, *interface, packet->destination, raw));
    sent |= transmit_announce(node, *interface, packet->destination, packet->data, own);
  }
  return sent;
}

void check_announces(Node& node, Time now) {
  std::vector<DueAnnounce> due = node.announces.check(now);
  if (due.empty()) return;
  std::erase_if(due, [&](DueAnnounce& announce) {
    return announce.only && !complete_answer(node, announce);
  });
  std::stable_sort(due.begin(), due.end(),
                   [](const DueAnnounce& a, const DueAnnounce& b) { return a.hops < b.hops; });
  for (const DueAnnounce& announce : due) {
    if (announce.only) {
      const Interface* asker = node.interfaces.find(*announce.only);
      if (asker == nullptr) continue;
      if (transmit_announce(node, *asker, *announce.packet)) {
        node.counters.add(Counter::kAnnounceAnswers);
      }
      continue;
    }
    settle(node, announce.destination, now);
    const PathEntry* path = node.paths.find(announce.destination);
    const Interface* from = path == nullptr ? nullptr : node.interfaces.find(path->interface);
    if (from == nullptr) {
      node.announces.forget(announce.destination);
      continue;
    }
    for (const auto& [id, to] : node.interfaces) {
      if (!may_relay_announce(from->traits, to->traits) || !tells_below(from->traits, id)) continue;
      relay_to(node, *to, announce, now);
    }
  }
}

void serve_queues(Node& node, Time now) {
  for (auto it = node.queueing.begin(); it != node.queueing.end();) {
    Interface& interface = *node.interfaces.find(*it);
    if (const SharedPacket packet = interface.queue.take(now)) {
      if (transmit_announce(node, interface, *packet)) {
        node.counters.add(Counter::kAnnounceRelayed);
      }
    }
    if (interface.queue.size() == 0) {
      it = node.queueing.erase(it);
    } else {
      ++it;
    }
  }
}

Time queues_due(const Node& node) {
  Time due = kNever;
  for (const InterfaceId id : node.queueing) {
    due = std::min(due, node.interfaces.find(id)->queue.next_due());
  }
  return due;
}

}  // namespace mehr::routing
