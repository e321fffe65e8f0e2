// The answering order of path requests.
#include "controlplane/routing/request_inbound.h"

#include <algorithm>

#include "controlplane/routing/announce_outbound.h"
#include "controlplane/routing/modes.h"
#include "controlplane/routing/relay.h"
#include "core/wire/path_request.h"

namespace mehr::routing {
namespace {

constexpr Duration kAnswerGrace = 400ms;
constexpr Duration kRoamingGrace = 1500ms;  // better connected peers may answer first

Bytes request_packet(const Node& node, const DestinationHash& destination, ByteView tag) {
  std::optional<Hash16> transport;
  if (node.config.transport) transport = node.config.transport_id;
  return wire::encode_path_request({destination, transport, tag});
}

void send_request(Node& node, Interface& interface, ByteView packet, Time now) {
  interface.ingress.request_sent(now);
  node.counters.add(Counter::kRequestSent);
  node.transmit(interface.id, packet, kUrgent);
}

Counter answer(Node& node, const Inbound& inbound, const wire::PathRequest& request,
               const PathEntry& path) {
  const Interface& interface = inbound.interface;
  const bool roaming = interface.traits.mode == InterfaceMode::kRoaming;
  if (roaming && path.interface == interface.id) return Counter::kRequestSameInterface;
  if (request.transport_id && *request.transport_id == path.next_hop) {
    return Counter::kRequestFromNextHop;
  }
  if (!relayable(path.hops, path.announce_payload.size())) return Counter::kRequestUnanswerable;
  // Nobody else can answer a program, or for one.
  const bool alone = interface.traits.program || leads_to_program(node, path.destination);
  const Duration grace = kAnswerGrace + (roaming ? kRoamingGrace : Duration::zero());
  const Time due = inbound.now + (alone ? Duration::zero() : grace);
  if (!node.announces.answer(path.destination, interface.id, due)) {
    return Counter::kRequestTableFull;
  }
  return Counter::kRequestAnswered;
}

bool any_program(const Node& node) {
  return std::any_of(node.interfaces.begin(), node.interfaces.end(),
                     [](const auto& each) { return each.second->traits.program; });
}

Counter discover(Node& node, const Inbound& inbound, const wire::PathRequest& request,
                 bool limited) {
  const Interface& from = inbound.interface;
  const bool everywhere = discovers_for(from.traits);
  if (!everywhere && !any_program(node)) return Counter::kRequestUnknown;
  if (node.requests.discovering(request.destination)) return Counter::kRequestAlreadyWaiting;
  if (limited) return Counter::kRequestLimited;
  if (!node.requests.start_discovery(request.destination, from.id, inbound.now)) {
    return Counter::kRequestTableFull;
  }
  // The tag stays the same, so that the request cannot run in circles.
  const Bytes packet = request_packet(node, request.destination, request.tag);
  for (const auto& [id, to] : node.interfaces) {
    if (id == from.id || !discovers_on(from.traits, to->traits)) continue;
    if (!everywhere && !to->traits.program) continue;
    if (to->ingress.should_limit_sending(inbound.now, to->traits.egress_control) ||
        !to->queue.charge_request(packet.size(), inbound.now)) {
      node.counters.add(Counter::kRequestNoBudget);
      continue;
    }
    send_request(node, *to, packet, inbound.now);
    node.requests.asked(request.destination, inbound.now);
  }
  return Counter::kRequestDiscovering;
}

}  // namespace

Counter receive_path_request(Node& node, Inbound& inbound) {
  const auto request = wire::decode_path_request(inbound.packet.data);
  if (!request) return Counter::kRequestMalformed;
  IngressControl& ingress = inbound.interface.ingress;
  ingress.request_heard(inbound.now);
  node.interface_jobs_wanted = true;
  if (!node.requests.first_seen(request->destination, request->tag)) {
    return Counter::kRequestDuplicate;
  }
  const bool limited = ingress.should_limit_requests(inbound.now);
  if (node.is_local(request->destination)) {
    node.sink.announce_wanted(request->destination, inbound.interface.id);
    return Counter::kRequestLocal;
  }
  if (!node.config.transport) return Counter::kRequestUnknown;
  if (const PathEntry* path = node.paths.find(request->destination); path != nullptr) {
    return answer(node, inbound, *request, *path);
  }
  return discover(node, inbound, *request, limited);
}

bool ask_for_path(Node& node, const DestinationHash& destination, std::optional<InterfaceId> except,
                  Time now) {
  if (!node.requests.asked(destination, now)) return false;
  const auto tag = node.random.fixed<wire::kPathTagMax>();
  // Whoever passes it on keeps the tag: its echo must not look like somebody else's request.
  node.requests.first_seen(destination, tag.view());
  const Bytes packet = request_packet(node, destination, tag.view());
  for (const auto& [id, interface] : node.interfaces) {
    if (!interface->traits.outgoing || (except && id == *except)) continue;
    send_request(node, *interface, packet, now);
  }
  return true;
}

}  // namespace mehr::routing
