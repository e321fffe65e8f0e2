// One MessagePack map in, one value out.
#include "controlplane/daemon/program_answers.h"

#include <algorithm>
#include <optional>
#include <string>

#include "controlplane/daemon/node.h"
#include "controlplane/daemon/process_use.h"
#include "core/crypto/hash.h"
#include "core/wire/msgpack.h"
#include "core/wire/packet.h"

namespace mehr::daemon {
namespace {

using interface::InterfaceReport;

constexpr std::size_t kKeysMax = 8;
constexpr std::size_t kPathsMax = 65'535;
constexpr Duration kPerHop = 6s;
constexpr std::uint8_t kFalse = 0xC2, kTrue = 0xC3;

wire::MsgpackWriter& put(wire::MsgpackWriter& out, bool value) {
  return out.encoded({value ? &kTrue : &kFalse, 1});
}
Bytes yes_or_no(bool value) {
  wire::MsgpackWriter out;
  put(out, value);
  return out.take();
}
Bytes nothing() {
  wire::MsgpackWriter out;
  out.nil();
  return out.take();
}

/// The names the reference's tools sort and hide by.
std::string shown_name(const InterfaceReport& row) {
  if (row.kind == "local") return "Shared Instance[" + row.name + "]";
  if (row.kind == "program") return "LocalInterface[" + row.name + "]";
  if (row.kind == "tcp-peer") return "TCPInterface[Client on " + row.name + "]";
  if (row.kind == "tcp-server") return "TCPServerInterface[" + row.name + "/" + row.detail + "]";
  if (row.kind == "tcp-client") return "TCPInterface[" + row.name + "/" + row.detail + "]";
  if (row.kind == "auto") return "AutoInterface[" + row.name + "]";
  if (row.kind == "auto-peer") return "AutoInterfacePeer[" + row.name + "]";
  if (row.kind == "udp") return "UDPInterface[" + row.name + "/" + row.detail + "]";
  if (row.kind == "rnode") return "RNodeInterface[" + row.name + "]";
  return row.kind + "[" + row.name + "]";
}

class Map {
 public:
  void text(std::string_view key, std::string_view value) { at(key).string(value); }
  void number(std::string_view key, std::uint64_t value) { at(key).unsigned_integer(value); }
  void real(std::string_view key, double value) { at(key).real(value); }
  void flag(std::string_view key, bool value) { put(at(key), value); }
  void bytes(std::string_view key, ByteView value) { at(key).binary(value); }
  void none(std::string_view key) { at(key).nil(); }
  void maybe(std::string_view key, std::optional<double> value) {
    value ? real(key, *value) : none(key);
  }
  void value(std::string_view key, ByteView encoded) { at(key).encoded(encoded); }
  Bytes take() {
    wire::MsgpackWriter out;
    out.map(pairs_).encoded(body_.take());
    return out.take();
  }

 private:
  wire::MsgpackWriter& at(std::string_view key) {
    ++pairs_;
    return body_.string(key);
  }
  wire::MsgpackWriter body_;
  std::size_t pairs_ = 0;
};

/// What we do not measure the way the reference does.
void put_unmeasured(Map& out) {
  for (const auto* const key : {"rxs", "txs", "announce_queue", "held_announces", "burst_activated",
                                "pr_burst_activated", "gravity"}) {
    out.number(key, 0);
  }
  for (const auto* const key : {"incoming_announce_frequency", "outgoing_announce_frequency",
                                "incoming_pr_frequency", "outgoing_pr_frequency"}) {
    out.real(key, 0);
  }
  for (const auto* const key :
       {"ifac_signature", "ifac_size", "ifac_netname", "autoconnect_source", "announce_rate_target",
        "announce_rate_penalty", "announce_rate_grace"}) {
    out.none(key);
  }
  for (const auto* const key : {"burst_active", "pr_burst_active", "announces_to_internal"})
    out.flag(key, false);
}

void put_radio(Map& out, const interface::RadioReport& radio) {
  out.maybe("airtime_short", radio.airtime_short_percent);
  out.maybe("airtime_long", radio.airtime_long_percent);
  out.maybe("channel_load_short", radio.channel_load_short_percent);
  out.maybe("channel_load_long", radio.channel_load_long_percent);
  out.maybe("noise_floor", radio.noise_floor_dbm);
  if (radio.temperature_c) out.real("cpu_temp", *radio.temperature_c);
}

Bytes interface_row(const InterfaceReport& row, std::optional<std::size_t> clients) {
  Map out;
  const std::string name = shown_name(row);
  out.text("name", name);
  out.text("short_name", row.name);
  out.text("type", row.kind);
  out.bytes("hash", crypto::sha256(as_bytes(name)).view());
  out.flag("status", row.state == interface::InterfaceState::kUp);
  out.number("mode", static_cast<std::uint64_t>(routing::mode_from_name(row.mode).value_or(
                         routing::InterfaceMode::kFull)));
  out.number("bitrate", row.bitrate_bps);
  out.number("rxb", row.rx_bytes);
  out.number("txb", row.tx_bytes);
  clients ? out.number("clients", *clients) : out.none("clients");
  put_unmeasured(out);
  if (row.radio) put_radio(out, *row.radio);
  return out.take();
}

}  // namespace

struct ProgramAnswers::Call {
  std::string what;       ///< value of "get" or "drop"
  std::string operation;  ///< the key that says what is wanted
  std::optional<DestinationHash> destination;
  std::optional<std::uint64_t> hops_max;

  static std::optional<Call> from(ByteView data);
};

std::optional<ProgramAnswers::Call> ProgramAnswers::Call::from(ByteView data) {
  wire::MsgpackReader reader(data);
  const auto pairs = reader.map();
  if (!pairs || *pairs > kKeysMax) return std::nullopt;
  Call out;
  for (std::size_t i = 0; i < *pairs; ++i) {
    const auto key = reader.string();
    const auto encoded = reader.value();
    if (!key || !encoded) return std::nullopt;
    wire::MsgpackReader value(*encoded);
    const std::string name = as_text(*key);
    if (name == "destination_hash") {
      const auto hash = value.bytes();
      if (hash) out.destination = DestinationHash::from(*hash);
    } else if (name == "max_hops") {
      if (value.peek() == wire::MsgpackKind::kInteger) out.hops_max = value.unsigned_integer();
    } else if (out.operation.empty()) {
      out.operation = name;
      if (value.peek() == wire::MsgpackKind::kString) out.what = as_text(*value.string());
    }
  }
  if (!reader.finished()) return std::nullopt;
  return out;
}

ProgramAnswers::ProgramAnswers(Node& node, const reactor::Reactor& reactor,
                               const border::Counters& counters, IdentityHash identity)
    : node_(node),
      reactor_(reactor),
      counters_(counters),
      identity_(identity),
      started_(reactor.now()) {}

Bytes ProgramAnswers::answer(ByteView data) {
  const auto call = Call::from(data);
  if (!call) return nothing();
  if (call->operation == "get") return get(*call);
  if (call->operation == "drop") return drop(*call);
  // "Keep what you know of this destination" and its like: we forget what is used least anyway.
  const bool keeps = call->operation == "destination_data" || call->operation == "identity_data";
  return keeps ? yes_or_no(true) : yes_or_no(false);
}

Bytes ProgramAnswers::get(const Call& call) const {
  wire::MsgpackWriter out;
  const routing::PathEntry* path =
      call.destination ? node_.router().path(*call.destination) : nullptr;
  if (call.what == "interface_stats") return interface_stats();
  if (call.what == "path_table") return path_table(call);
  if (call.what == "rate_table") {
    out.array(0);
  } else if (call.what == "blackholed_identities") {
    out.map(0);
  } else if (call.what == "is_blackholed") {
    put(out, false);
  } else if (call.what == "link_count") {
    out.unsigned_integer(node_.router().tables().links);
  } else if (call.what == "first_hop_timeout") {
    out.real(first_hop_timeout(call));
  } else if (call.what == "next_hop_if_name") {
    out.string(path == nullptr ? "None" : path->interface_name);
  } else if (call.what == "next_hop" && path != nullptr) {
    out.binary(path->next_hop.view());
  } else {
    out.nil();  // also signal reports of single packets, which are not kept
  }
  return out.take();
}

Bytes ProgramAnswers::drop(const Call& call) {
  if (call.what != "path" || !call.destination) return yes_or_no(false);
  const bool known = node_.router().path(*call.destination) != nullptr;
  node_.turn(
      [this, destination = *call.destination](Time) { node_.router().drop_path(destination); });
  return yes_or_no(known);
}

double ProgramAnswers::first_hop_timeout(const Call& call) const {
  const routing::PathEntry* path =
      call.destination ? node_.router().path(*call.destination) : nullptr;
  const auto* over = path == nullptr ? nullptr : node_.router().interface(path->interface);
  const std::uint64_t bitrate = over == nullptr ? 0 : over->bitrate_bps;
  const double sending = bitrate == 0 ? 0 : 8.0 * wire::kMtu / static_cast<double>(bitrate);
  return sending + to_seconds(kPerHop);
}

Bytes ProgramAnswers::path_table(const Call& call) const {
  const auto wall = [this](Time at) {
    const auto unix_now = static_cast<double>(reactor_.unix_now().time_since_epoch().count()) / 1e6;
    return unix_now + to_seconds(at - reactor_.now());
  };
  wire::MsgpackWriter rows;
  std::size_t count = 0;
  for (const DestinationHash& destination : node_.router().path_destinations()) {
    const routing::PathEntry* path = node_.router().path(destination);
    if (path == nullptr || count >= kPathsMax) continue;
    if (call.hops_max && path->hops > *call.hops_max) continue;
    Map row;
    row.bytes("hash", destination.view());
    row.real("timestamp", wall(path->last_used));
    row.bytes("via", path->next_hop.view());
    row.number("hops", path->hops);
    row.real("expires", wall(path->expires));
    row.text("interface", path->interface_name);
    rows.encoded(row.take());
    ++count;
  }
  wire::MsgpackWriter out;
  out.array(count).encoded(rows.take());
  return out.take();
}

Bytes ProgramAnswers::interface_stats() const {
  const std::vector<InterfaceReport> all = node_.interfaces();
  wire::MsgpackWriter rows;
  std::size_t count = 0;
  for (const InterfaceReport& row : all) {
    if (row.state == interface::InterfaceState::kDisabled || count >= kPathsMax) continue;
    std::optional<std::size_t> clients;
    if (row.kind == "tcp-server" || row.kind == "local") {
      clients = static_cast<std::size_t>(
          std::count_if(all.begin(), all.end(),
                        [&](const InterfaceReport& other) { return other.parent == row.name; }));
    }
    rows.encoded(interface_row(row, clients));
    ++count;
  }
  wire::MsgpackWriter list;
  list.array(count).encoded(rows.take());
  Map out;
  out.value("interfaces", list.take());
  out.number("rxb", counters_.value(border::Counter::kRxBytes));
  out.number("txb", counters_.value(border::Counter::kTxBytes));
  out.number("rxs", 0);
  out.number("txs", 0);
  out.bytes("transport_id", identity_.view());
  out.none("network_id");
  out.real("transport_uptime", to_seconds(reactor_.now() - started_));
  const auto ours = node_.endpoint().local_destinations();
  const auto probe = std::find_if(ours.begin(), ours.end(), [](const auto& one) {
    return one.full_name == "rnstransport.probe";
  });
  probe == ours.end() ? out.none("probe_responder")
                      : out.bytes("probe_responder", probe->hash.view());
  out.number("rss", process_use().resident_bytes);
  return out.take();
}

}  // namespace mehr::daemon
