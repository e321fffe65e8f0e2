// mehr peer: the nodes this gateway is to keep hop links with, how far it has come with each, and
// what to do about those that do not answer.
#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

constexpr const char* kExamples =
    R"(Peers come from `peers` of the hop interfaces in the configuration, and from links of the past.
Examples:
  mehr peer                 every peer, and what keeps it from being linked
  mehr peer --watch         the same, every second
  mehr --json peer          for scripts: "state" is "linked" when it is)";

Tone state_tone(const std::string& state) {
  return state == "linked" ? Tone::kGood : Tone::kWarn;
}

// As configured, without the identity, which has a column of its own.
std::string place(const api::PeerT& peer) {
  const auto at = peer.peer.rfind('@');
  return printable(at == std::string::npos ? peer.peer : peer.peer.substr(at + 1));
}

std::string who(const api::PeerT& peer) {
  if (!peer.linked.empty()) return peer.linked;
  return peer.expected.empty() ? "anybody there" : peer.expected;
}

}  // namespace

std::string peers_view(const api::PeersResponseT& peers, bool colour) {
  if (peers.peers.empty())
    return "no peers: write some into `peers` of a hop interface; who links by itself is in "
           "`mehr link`\n";
  Table table({"PEER", "INTERFACE", "OVER", "STATE", ">FAILURES", "IDENTITY", "ADDRESS", "FROM"});
  std::string notes;
  for (const auto& row : peers.peers) {
    table.row({place(*row),
               printable(row->interface),
               row->transport,
               {row->state, state_tone(row->state)},
               std::to_string(row->failures),
               who(*row),
               row->address.empty() ? "-" : printable(row->address),
               row->remembered ? "memory" : "configuration"});
    if (row->last_failure.empty() || !row->linked.empty()) continue;
    notes += place(*row) + ": " + printable(row->last_failure) + "\n";
    if (!row->advice.empty()) notes += "  what to do: " + printable(row->advice) + "\n";
  }
  return table.text(colour) + (notes.empty() ? "" : "\n" + notes);
}

void add_peer(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("peer", "the Mehr nodes to keep hop links with");
  command->footer(kExamples);
  const auto watch = add_watch(*command);
  command->callback([&context, watch] {
    context.show(api::request_of(api::PeersRequestT{}), *watch,
                 [](const auto& response, bool colour) {
                   return peers_view(*response.body.AsPeersResponse(), colour);
                 });
  });
}

}  // namespace mehr::cli
