// The operator's view of peers, hop links and the ways to a destination. An order first finds the
// one neighbour its digits mean.
#include <algorithm>
#include <map>

#include "controlplane/admin/named.h"
#include "controlplane/admin/neighbour_rows.h"
#include "controlplane/daemon/operator.h"
#include "core/api/codec.h"
#include "core/crypto/hash.h"

namespace mehr::daemon {
namespace {

using admin::Call;
using api::ErrorCode;
using neighbour::NeighbourRow;

std::vector<IdentityHash> identities(const std::vector<NeighbourRow>& rows) {
  std::vector<IdentityHash> out;
  for (const NeighbourRow& row : rows)
    out.push_back(row.link.identity);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());  // one that is being replaced has two
  return out;
}

}  // namespace

std::string Operator::name_of(const IdentityHash& identity) const {
  return node_.endpoint().peer_name(
      crypto::destination_hash(crypto::name_hash("lxmf.delivery"), identity));
}

std::unique_ptr<api::LinkT> Operator::link_of(const NeighbourRow& row) const {
  const Time now = parts_.reactor.now();
  return admin::link_row(row, {.name = name_of(row.link.identity),
                               .congestion = node_.router().congestion(row.interface, now),
                               .price_umhr_per_mib = config_.price_umhr_per_mib,
                               .now = now});
}

api::PeersResponseT Operator::peers() {
  const auto rows = node_.neighbours().report();
  api::PeersResponseT out;
  for (const neighbour::PeerReport& peer : node_.neighbours().peers()) {
    const auto at = std::find_if(rows.begin(), rows.end(), [&peer](const NeighbourRow& row) {
      const link::CarrierPath& path = row.link.path;
      return peer.carrier != 0 && path.carrier == peer.carrier &&
             (path.address.empty() || path.address == peer.address);
    });
    out.peers.push_back(
        admin::peer_row(peer, at == rows.end() ? std::nullopt : std::optional(at->link.identity),
                        parts_.signer.identity_hash()));
  }
  return out;
}

void Operator::links(const std::string& prefix, const Call& call) {
  const auto rows = node_.neighbours().report();
  if (!admin::named(identities(rows), prefix, call)) return;
  api::LinksResponseT out;
  for (const NeighbourRow& row : rows) {
    if (to_hex(row.link.identity).starts_with(prefix)) out.links.push_back(link_of(row));
  }
  call.answer(api::response_of(std::move(out)));
}

void Operator::link_history(const std::string& prefix, std::size_t limit, const Call& call) {
  const neighbour::History& history = node_.neighbours().history();
  const auto wanted = admin::named(history.identities(), prefix, call);
  if (!wanted) return;
  const Time now = parts_.reactor.now();
  const UnixTime unix_now = parts_.reactor.unix_now();
  std::multimap<Time, std::unique_ptr<api::LinkEventT>> events;
  for (const IdentityHash& identity : *wanted) {
    const std::string name = name_of(identity);
    for (const neighbour::HistoryEvent& event : history.of(identity)) {
      const auto at = (unix_now - (now - event.at)).time_since_epoch();
      events.emplace(event.at, admin::link_event_row(identity, name, event, to_seconds(at)));
      if (events.size() > limit) events.erase(events.begin());
    }
  }
  api::LinkHistoryResponseT out;
  for (auto& [at, event] : events)
    out.events.push_back(std::move(event));
  call.answer(api::response_of(std::move(out)));
}

void Operator::on_link(const std::string& prefix, const Call& call,
                       std::function<void(const NeighbourRow& row, Time now)> work) {
  node_.turn([this, prefix, call, work = std::move(work)](Time now) {
    const auto rows = node_.neighbours().report();
    const auto wanted = admin::named(identities(rows), prefix, call);
    if (!wanted) return;
    // The newest of a neighbour that is linked twice.
    const auto row = std::find_if(rows.rbegin(), rows.rend(), [&wanted](const NeighbourRow& each) {
      return each.link.identity == wanted->front();
    });
    work(*row, now);
  });
}

void Operator::rekey_link(const std::string& prefix, const Call& call) {
  on_link(prefix, call, [this, call](const NeighbourRow& row, Time now) {
    api::LinksResponseT out;
    out.links.push_back(link_of(row));
    node_.neighbours().rekey(row.link.id, now);
    call.answer(api::response_of(std::move(out)));
  });
}

void Operator::drop_link(const std::string& prefix, const Call& call) {
  on_link(prefix, call, [this, call](const NeighbourRow& row, Time now) {
    node_.neighbours().drop(row.link.id, now);
    api::DoneResponseT out;
    out.text = "dropped the link with " + to_hex(row.link.identity) +
               (row.link.initiated ? "; as one of our peers it is dialled again after a pause"
                                   : "; it may link again as long as it is allowed to");
    call.answer(api::response_of(std::move(out)));
  });
}

void Operator::explain_path(const DestinationHash& destination, routing::PathPolicy policy,
                            const Call& call) {
  const auto explanation = node_.router().explain(destination, policy, parts_.reactor.now());
  if (!explanation.known) {
    return call.fail(ErrorCode::NotFound, "no path to " + to_hex(destination) +
                                              " is known: ask for it with `mehr path request`");
  }
  call.answer(api::response_of(admin::explain_rows(destination, explanation)));
}

}  // namespace mehr::daemon
