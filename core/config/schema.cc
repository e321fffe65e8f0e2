// The table behind schema.h. Each row names the field it fills, so that a key cannot exist without
// a place to go and its default is whatever that field starts with. Any thread.
#include "core/config/schema.h"

#include <array>
#include <type_traits>

namespace mehr::config {
namespace {

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

// The range was checked before, so the narrowing here cannot lose anything.
template <typename Field>
void assign(Field& field, const Value& value) {
  if constexpr (IsOptional<Field>::value) {
    assign(field.emplace(), value);
  } else if constexpr (std::is_same_v<Field, bool> || std::is_same_v<Field, std::string> ||
                       std::is_same_v<Field, double> ||
                       std::is_same_v<Field, std::vector<std::string>>) {
    field = std::get<Field>(value);
  } else {
    field = static_cast<Field>(std::get<std::int64_t>(value));
  }
}

template <typename Field>
std::optional<Value> fetch(const Field& field) {
  if constexpr (IsOptional<Field>::value) {
    return field ? fetch(*field) : std::nullopt;
  } else if constexpr (std::is_same_v<Field, bool> || std::is_same_v<Field, std::string> ||
                       std::is_same_v<Field, double> ||
                       std::is_same_v<Field, std::vector<std::string>>) {
    return Value(field);
  } else {
    return Value(static_cast<std::int64_t>(field));
  }
}

struct Access {
  void (*set)(Config&, InterfaceConfig&, const Value&);
  std::optional<Value> (*get)(const Config&, const InterfaceConfig&);
};

template <auto Member>
constexpr Access node_field() {
  return {[](Config& c, InterfaceConfig&, const Value& v) { assign(c.*Member, v); },
          [](const Config& c, const InterfaceConfig&) { return fetch(c.*Member); }};
}
template <auto Member>
constexpr Access field() {
  return {[](Config&, InterfaceConfig& i, const Value& v) { assign(i.*Member, v); },
          [](const Config&, const InterfaceConfig& i) { return fetch(i.*Member); }};
}
template <auto Member>
constexpr Access radio_field() {
  return {[](Config&, InterfaceConfig& i, const Value& v) { assign(i.radio.*Member, v); },
          [](const Config&, const InterfaceConfig& i) { return fetch(i.radio.*Member); }};
}
template <auto Member>
constexpr Access hop_field() {
  return {[](Config&, InterfaceConfig& i, const Value& v) { assign(i.hop.*Member, v); },
          [](const Config&, const InterfaceConfig& i) { return fetch(i.hop.*Member); }};
}
template <auto Member>
constexpr Access local_field() {
  return {[](Config&, InterfaceConfig& i, const Value& v) { assign(i.local.*Member, v); },
          [](const Config&, const InterfaceConfig& i) { return fetch(i.local.*Member); }};
}
template <auto Member>
constexpr Access auto_field() {
  return {[](Config&, InterfaceConfig& i, const Value& v) { assign(i.discovery.*Member, v); },
          [](const Config&, const InterfaceConfig& i) { return fetch(i.discovery.*Member); }};
}
constexpr Access kind_field() {
  return {[](Config&, InterfaceConfig& i, const Value& v) {
            const InterfaceKind before = i.kind;
            i.kind = kind_from_name(std::get<std::string>(v)).value_or(before);
            // The kind is read first, so that a port in the file still wins.
            if (i.kind == InterfaceKind::kHop && before != i.kind) i.listen_port = kHopPort;
          },
          [](const Config&, const InterfaceConfig& i) {
            return std::optional<Value>(std::string(kind_name(i.kind)));
          }};
}

constexpr unsigned kServer = kind_bit(InterfaceKind::kTcpServer);
constexpr unsigned kClient = kind_bit(InterfaceKind::kTcpClient);
constexpr unsigned kUdp = kind_bit(InterfaceKind::kUdp);
constexpr unsigned kRnode = kind_bit(InterfaceKind::kRnode);
constexpr unsigned kHop = kind_bit(InterfaceKind::kHop);
constexpr unsigned kLocal = kind_bit(InterfaceKind::kLocal);
constexpr unsigned kAuto = kind_bit(InterfaceKind::kAuto);
constexpr unsigned kCoded = kAllKinds & ~(kHop | kLocal);  ///< kinds with access codes
constexpr std::string_view kModes =
    "full point_to_point access_point roaming boundary gateway internal";

// An interface is replaced when it changes, who may operate is asked at every connection.
constexpr bool at_once(Section section) {
  return section == Section::kInterface || section == Section::kOperator;
}
constexpr Key boolean(Section section, std::string_view name, unsigned kinds, std::string_view help,
                      Access access) {
  return {section, name, ValueType::kBool, 0,          1,         "", "",
          kinds,   help, at_once(section), access.set, access.get};
}
constexpr Key integer(Section section, std::string_view name, unsigned kinds, double min,
                      double max, std::string_view unit, std::string_view help, Access access) {
  return {section, name, ValueType::kInteger, min,        max,       "", unit,
          kinds,   help, at_once(section),    access.set, access.get};
}
constexpr Key percent(Section section, std::string_view name, unsigned kinds, std::string_view help,
                      Access access) {
  return {section, name, ValueType::kNumber, 0.01,       100,       "", "%",
          kinds,   help, at_once(section),   access.set, access.get};
}
constexpr Key text(Section section, std::string_view name, unsigned kinds, double max,
                   std::string_view help, Access access, std::string_view allowed = "") {
  return {section, name, ValueType::kText, 0,          max,       allowed, "",
          kinds,   help, at_once(section), access.set, access.get};
}
constexpr Key live(Key key) {
  key.live = true;
  return key;
}
constexpr Key list(Section section, std::string_view name, unsigned kinds, double max,
                   std::string_view help, Access access) {
  return {section, name, ValueType::kTextList, 0,          max,       "", "",
          kinds,   help, at_once(section),     access.set, access.get};
}

constexpr Section kN = Section::kNode;
constexpr Section kE = Section::kEndpoint;
constexpr Section kO = Section::kOperator;
constexpr Section kI = Section::kInterface;
using C = Config;
using I = InterfaceConfig;
using R = RadioConfig;
using H = HopConfig;

// A Unix socket address holds 107 bytes of path; 253 is the longest host name.
constexpr auto kKeys = std::to_array<Key>({
    text(kN, "name", kAllKinds, 128, "Name shown to peers in announces.",
         node_field<&C::node_name>()),
    boolean(kN, "transport", kAllKinds, "Relay packets and announces for others.",
            node_field<&C::transport>()),
    text(kN, "state_directory", kAllKinds, 4096, "Directory of the databases and the identity.",
         node_field<&C::state_directory>()),
    text(kN, "admin_socket", kAllKinds, 107, "Path of the Unix socket the mehr command talks to.",
         node_field<&C::admin_socket>()),
    live(text(kN, "log_level", kAllKinds, 16, "Least severe lines that are logged.",
              node_field<&C::log_level>(), "trace debug info warn error")),
    text(kN, "passphrase_file", kAllKinds, 4096,
         "File whose first line encrypts the identity on disk.", node_field<&C::passphrase_file>()),
    integer(kN, "max_paths", kAllKinds, 100, 10'000'000, "paths",
            "Most destinations whose path is remembered.", node_field<&C::max_paths>()),
    integer(kN, "price_umhr_per_mib", kAllKinds, 0, 1e15, "uMHR/MiB",
            "What this node charges for relaying; 0 = nothing.",
            node_field<&C::price_umhr_per_mib>()),
    live(list(kN, "trusted_peers", kAllKinds, 4'096, "Identities this node trusts.",
              node_field<&C::trusted_peers>())),

    boolean(kE, "respond_to_probes", kAllKinds, "Answer pings addressed to this node.",
            node_field<&C::respond_to_probes>()),
    boolean(kE, "messages", kAllKinds, "Send and receive LXMF messages.",
            node_field<&C::messages>()),
    live(integer(kE, "announce_interval_s", kAllKinds, 0, 2'592'000, "s",
                 "Time between announces of this node's own destinations; 0 = only on request.",
                 node_field<&C::announce_interval_s>())),
    live(integer(kE, "max_message_bytes", kAllKinds, 1'024, 16'777'216, "bytes",
                 "Longest message sent or accepted.", node_field<&C::max_message_bytes>())),

    text(kO, "users", kAllKinds, 1'024, "Who may use the admin socket besides root and mehrd.",
         node_field<&C::users>()),
    text(kO, "readers", kAllKinds, 1'024, "Who may use the read-only socket besides the users.",
         node_field<&C::readers>()),
    text(kO, "read_socket", kAllKinds, 107, "Path of the Unix socket that only answers questions.",
         node_field<&C::read_socket>()),
    text(kO, "metrics", kAllKinds, 107, "Where the page for Prometheus is served.",
         node_field<&C::metrics>()),

    text(Section::kDataplane, "socket", kAllKinds, 107,
         "Path of the Unix socket mehr-dataplane listens on.", node_field<&C::dataplane_socket>()),

    text(kI, "kind", kAllKinds, 16, "What the interface is.", kind_field(),
         "tcp-server tcp-client udp rnode hop local auto"),
    text(kI, "profile", kRnode, kMaxInterfaceName, "Radio settings to start from.",
         field<&I::profile>()),
    boolean(kI, "enabled", kAllKinds, "Use the interface; false keeps its section for later.",
            field<&I::enabled>()),
    text(kI, "mode", kAllKinds, 16, "What the interface is for; decides which announces cross it.",
         field<&I::mode>(), kModes),
    boolean(kI, "outgoing", kAllKinds, "Send broadcasts (announces, path requests) here.",
            field<&I::outgoing>()),
    integer(kI, "bitrate_bps", kAllKinds, 5, 1e12, "bit/s",
            "Speed assumed for announce limits and timeouts, instead of the kind's own.",
            field<&I::bitrate_bps>()),
    integer(kI, "mtu", kServer | kClient | kUdp, 500, 524'288, "bytes",
            "Largest packet carried, instead of the kind's own.", field<&I::mtu>()),
    text(kI, "network_name", kCoded, 1'024,
         "Access code: only nodes with the same network name and passphrase are heard.",
         field<&I::network_name>()),
    text(kI, "passphrase", kCoded, 1'024,
         "Access code: the secret part, shared by all nodes of the network.",
         field<&I::passphrase>()),
    integer(kI, "access_code_bits", kCoded, 8, 512, "bits",
            "Length of the access code on every packet; a multiple of 8, the same on all nodes.",
            field<&I::access_code_bits>()),
    boolean(kI, "ingress_control", kAllKinds, "Hold bursts of announces of unknown destinations.",
            field<&I::ingress_control>()),
    boolean(kI, "egress_control", kAllKinds, "Limit the path requests sent here.",
            field<&I::egress_control>()),
    percent(kI, "announce_cap_percent", kAllKinds,
            "Share of the bit rate that relayed announces may use.",
            field<&I::announce_cap_percent>()),
    integer(kI, "announce_rate_target_s", kAllKinds, 1, 31'536'000, "s",
            "Shortest wanted interval between relayed announces of one destination.",
            field<&I::announce_rate_target_s>()),
    integer(kI, "announce_rate_grace", kAllKinds, 0, 1'000, "announces",
            "Announces that may come too early before the destination is held back.",
            field<&I::announce_rate_grace>()),
    integer(kI, "announce_rate_penalty_s", kAllKinds, 0, 31'536'000, "s",
            "Added to the interval once the destination is held back.",
            field<&I::announce_rate_penalty_s>()),
    integer(kI, "gravity", kAllKinds, -1'000'000, 1'000'000, "",
            "Preference among interfaces that hear the same announce.", field<&I::gravity>()),
    boolean(kI, "recursive_path_requests", kAllKinds,
            "Ask onwards for paths requested on this interface.",
            field<&I::recursive_path_requests>()),
    boolean(kI, "announces_from_internal", kAllKinds,
            "Relay here what was learned on interfaces of mode internal.",
            field<&I::announces_from_internal>()),
    boolean(kI, "announces_to_internal", kAllKinds,
            "Relay to interfaces of mode internal what was learned here in mode boundary.",
            field<&I::announces_to_internal>()),
    boolean(kI, "trusted", kAllKinds & ~(kHop | kLocal),
            "Carry plain Reticulum traffic from here like that of Mehr neighbours; false: last in "
            "line, rationed, and never where it costs money.",
            field<&I::trusted>()),

    text(kI, "listen_host", kServer | kUdp | kHop, 64, "Numeric address to listen on.",
         field<&I::listen_host>()),
    integer(kI, "listen_port", kServer | kUdp | kHop, 0, 65'535, "",
            "Port to listen on; 0 = any free one.", field<&I::listen_port>()),
    integer(kI, "max_clients", kServer | kHop | kLocal, 1, 65'535, "clients",
            "Most clients connected at once.", field<&I::max_clients>()),
    text(kI, "connect_host", kClient | kUdp | kRnode, 253,
         "Host to connect or (udp) send to; for a radio reached over the network.",
         field<&I::connect_host>()),
    integer(kI, "connect_port", kClient | kUdp | kRnode, 1, 65'535, "",
            "Port to connect or send to.", field<&I::connect_port>()),

    text(kI, "device", kRnode, 4096, "Serial device of the radio.", field<&I::device>()),
    integer(kI, "baud", kRnode, 1'200, 4'000'000, "baud", "Speed of the serial line.",
            field<&I::baud>()),
    integer(kI, "frequency_hz", kRnode, 137e6, 3e9, "Hz", "Centre frequency.",
            radio_field<&R::frequency_hz>()),
    integer(kI, "bandwidth_hz", kRnode, 7'800, 1'625'000, "Hz", "Width of the channel.",
            radio_field<&R::bandwidth_hz>()),
    integer(kI, "spreading_factor", kRnode, 5, 12, "", "Higher reaches farther and is slower.",
            radio_field<&R::spreading_factor>()),
    integer(kI, "coding_rate", kRnode, 5, 8, "", "Error correction, 4/5 to 4/8.",
            radio_field<&R::coding_rate>()),
    integer(kI, "tx_power_dbm", kRnode, 0, 37, "dBm", "Transmit power.",
            radio_field<&R::tx_power_dbm>()),
    percent(kI, "airtime_limit_short_percent", kRnode,
            "Most airtime the radio may use over about 15 seconds.",
            radio_field<&R::airtime_limit_short_percent>()),
    percent(kI, "airtime_limit_long_percent", kRnode,
            "Most airtime the radio may use over about an hour.",
            radio_field<&R::airtime_limit_long_percent>()),

    text(kI, "transport", kHop, 16, "What carries the frames of hop links.",
         hop_field<&H::transport>(), "udp tcp reticulum"),
    boolean(kI, "listen", kHop, "Take links from others; false only dials.",
            hop_field<&H::listen>()),
    list(kI, "peers", kHop, 256, "Nodes to keep links with.", hop_field<&H::peers>()),
    text(kI, "allow", kHop, 16, "Who may link besides the peers.", hop_field<&H::allow>(),
         "listed trusted any"),
    list(kI, "allowed", kHop, 4'096, "Identities that may link.", hop_field<&H::allowed>()),
    boolean(kI, "padding", kHop, "Fill up small frames.", hop_field<&H::padding>()),

    text(kI, "instance", kLocal, 64, "Name under which programs on this host find it.",
         local_field<&LocalConfig::instance>()),
    text(kI, "rpc_key", kLocal, 256, "Key with which programs may ask about interfaces and paths.",
         local_field<&LocalConfig::rpc_key>()),

    text(kI, "group", kAuto, 256, "Only nodes of the same group are found.",
         auto_field<&AutoConfig::group>()),
    list(kI, "devices", kAuto, 64, "The only network devices to use.",
         auto_field<&AutoConfig::devices>()),
    list(kI, "ignored_devices", kAuto, 64, "Network devices not to use.",
         auto_field<&AutoConfig::ignored_devices>()),
    integer(kI, "discovery_port", kAuto, 1, 65'534, "",
            "UDP port on which nodes find each other; the next one is used, too.",
            auto_field<&AutoConfig::discovery_port>()),
    integer(kI, "data_port", kAuto, 1, 65'535, "", "UDP port for packets.",
            auto_field<&AutoConfig::data_port>()),
});

constexpr std::array<std::string_view, kKinds> kKindNames{
    "tcp-server", "tcp-client", "udp", "rnode", "hop", "local", "auto"};

}  // namespace

std::string_view section_name(Section section) {
  switch (section) {
    case Section::kNode:
      return "node";
    case Section::kEndpoint:
      return "endpoint";
    case Section::kOperator:
      return "operator";
    case Section::kDataplane:
      return "dataplane";
    case Section::kInterface:
      return "interface";
  }
  return "";
}

std::span<const Key> schema() {
  return kKeys;
}

const Key* find_key(Section section, std::string_view name) {
  for (const Key& key : kKeys) {
    if (key.section == section && key.name == name) return &key;
  }
  return nullptr;
}

bool in_profile(const Key& key) {
  return key.section == Section::kInterface && key.kinds == kRnode && key.name != "device" &&
         key.name != "baud" && key.name != "profile";
}

std::string_view kind_name(InterfaceKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::optional<InterfaceKind> kind_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<InterfaceKind>(i);
  }
  return std::nullopt;
}

}  // namespace mehr::config
