// The rules behind check.h. Pure; any thread.
#include "core/config/check.h"

#include "core/config/address.h"
#include "core/config/hop_peer.h"
#include "core/config/operators.h"
#include "core/config/schema.h"

namespace mehr::config {
namespace {

// An access code longer than a signature cannot exist, and a datagram holds 65,507 bytes.
constexpr std::uint32_t kMaxUdpMtu = 65'507 - 64;

class Checker {
 public:
  Checker(const std::vector<InterfaceDraft>& drafts, std::vector<ConfigError>& errors)
      : drafts_(drafts), errors_(errors) {}

  void run() {
    for (const InterfaceDraft& draft : drafts_) {
      check_access_code(draft);
      if (!draft.kind_known) continue;
      switch (draft.config.kind) {
        case InterfaceKind::kTcpServer:
          check_listen(draft);
          break;
        case InterfaceKind::kTcpClient:
          require(draft, "connect_host", "is required: the host to connect to");
          require(draft, "connect_port", "is required: the port to connect to");
          check_connect(draft);
          break;
        case InterfaceKind::kUdp:
          check_udp(draft);
          break;
        case InterfaceKind::kRnode:
          check_rnode(draft);
          break;
        case InterfaceKind::kHop:
          check_hop(draft);
          break;
        case InterfaceKind::kLocal:
          check_local(draft);
          break;
        case InterfaceKind::kAuto:
          break;
      }
    }
    check_pairs();
  }

 private:
  void add(const InterfaceDraft& draft, const Place& place, std::string_view key,
           std::string problem) {
    std::string path = "interface." + draft.config.name;
    if (!key.empty()) path.append(".").append(key);
    errors_.push_back({place.file, place.line, std::move(path), std::move(problem)});
  }

  // An empty text counts as missing; a present but rejected value has its error already.
  void require(const InterfaceDraft& draft, std::string_view key, const std::string& problem) {
    const Key* row = find_key(Section::kInterface, key);
    const bool empty = row != nullptr && row->type == ValueType::kText &&
                       row->get({}, draft.config) == Value(std::string()) && !rejected(draft, key);
    if (!draft.has(key) || empty) add(draft, draft.place_of(key), key, problem);
  }

  [[nodiscard]] bool rejected(const InterfaceDraft& draft, std::string_view key) const {
    for (const ConfigError& error : errors_) {
      if (error.key == "interface." + draft.config.name + "." + std::string(key)) return true;
    }
    return false;
  }

  void check_access_code(const InterfaceDraft& draft) {
    const InterfaceConfig& config = draft.config;
    if (!config.access_code_bits) return;
    if (*config.access_code_bits % 8 != 0) {
      add(draft, draft.place_of("access_code_bits"), "access_code_bits",
          "must be a multiple of 8 (64 is usual on radios, 128 elsewhere)");
    }
    if (!draft.has("network_name") && !draft.has("passphrase")) {
      add(draft, draft.place_of("access_code_bits"), "access_code_bits",
          "has no effect without network_name or passphrase; set one of them or remove it");
    }
  }

  void check_listen(const InterfaceDraft& draft) {
    if (rejected(draft, "listen_host") || is_numeric_address(draft.config.listen_host)) return;
    add(draft, draft.place_of("listen_host"), "listen_host",
        "must be a numeric IPv4 or IPv6 address of this host, \"0.0.0.0\" or \"::\" for all");
  }

  // What is no name may still be no address; only the look-up of a real name can tell more.
  void check_connect(const InterfaceDraft& draft) {
    const std::string& host = draft.config.connect_host;
    if (host.empty() || rejected(draft, "connect_host") || is_numeric_address(host)) return;
    if (host.find_first_of("[]:/ \t") == std::string::npos) return;
    add(draft, draft.place_of("connect_host"), "connect_host",
        "must be a host name or an address alone; an IPv6 address has no brackets here, and the "
        "port is connect_port");
  }

  void check_udp(const InterfaceDraft& draft) {
    check_listen(draft);
    const InterfaceConfig& config = draft.config;
    if (draft.has("connect_host") != draft.has("connect_port")) {
      const std::string_view missing = draft.has("connect_host") ? "connect_port" : "connect_host";
      add(draft, draft.place, missing,
          "is required: a udp interface sends to connect_host and connect_port; without both it "
          "only receives");
    }
    if (draft.has("connect_host") && !rejected(draft, "connect_host") &&
        !is_numeric_address(config.connect_host)) {
      add(draft, draft.place_of("connect_host"), "connect_host",
          "must be a numeric address on a udp interface, for example a broadcast address");
    }
    if (config.mtu && *config.mtu > kMaxUdpMtu) {
      add(draft, draft.place_of("mtu"), "mtu",
          "must be at most " + std::to_string(kMaxUdpMtu) + " bytes on a udp interface");
    }
  }

  void check_rnode(const InterfaceDraft& draft) {
    require(draft, "frequency_hz",
            "is required: the centre frequency in Hz, for example 868200000 (what is allowed "
            "depends on the country)");
    const bool device = draft.has("device"), host = draft.has("connect_host");
    if (device && host) {
      add(draft, draft.place_of("connect_host"), "connect_host",
          "cannot be combined with device; a radio is reached one way or the other");
    } else if (device) {
      require(draft, "device", "must not be empty");
    } else if (host) {
      require(draft, "connect_host", "must not be empty");
      require(draft, "connect_port", "is required with connect_host; RNodes listen on 7633");
      check_connect(draft);
    } else {
      add(draft, draft.place, "device",
          "is required: the serial device of the radio (or connect_host and connect_port for one "
          "on the network)");
    }
  }

  void check_hop(const InterfaceDraft& draft) {
    const HopConfig& hop = draft.config.hop;
    const bool across = hop.transport == "reticulum";
    across ? check_across(draft) : check_listen(draft);
    for (const std::string& peer : hop.peers) {
      if (parse_hop_peer(peer, hop.transport)) continue;
      add(draft, draft.place_of("peers"), "peers",
          "`" + peer + "` is no peer: write " +
              (across ? "" : "\"host:port\" or \"identity@host:port\" with ") +
              "the 32 hexadecimal digits `mehr identity` shows there" +
              (across ? ", alone" : ", and an IPv6 address in brackets"));
    }
    for (const std::string& identity : hop.allowed) {
      if (fixed_from_hex<IdentityHash::kSize>(identity)) continue;
      add(draft, draft.place_of("allowed"), "allowed",
          "`" + identity + "` is no identity: 32 hexadecimal digits, as `mehr identity` shows");
    }
    if (!hop.listen && hop.peers.empty() && !draft.has("peers")) {
      add(draft, draft.place, "peers",
          "is required with listen = false: an interface that neither listens nor dials never "
          "links");
    }
  }

  void check_across(const InterfaceDraft& draft) {
    for (const char* key : {"listen_host", "listen_port"}) {
      if (!draft.has(key)) continue;
      add(draft, draft.place_of(key), key,
          "has no meaning with transport = \"reticulum\": links come over the other interfaces");
    }
  }

  void check_local(const InterfaceDraft& draft) {
    const LocalConfig& local = draft.config.local;
    const bool named = local.instance.find('\0') == std::string::npos && !local.instance.empty();
    if (!named && !rejected(draft, "instance")) {
      add(draft, draft.place_of("instance"), "instance",
          "must be a name; programs use \"default\"");
    }
    if (!from_hex(local.rpc_key) && !rejected(draft, "rpc_key")) {
      add(draft, draft.place_of("rpc_key"), "rpc_key",
          "must be hexadecimal digits, two a byte: the same as rpc_key in the configuration of the "
          "programs");
    }
  }

  void check_pairs() {
    for (std::size_t later = 1; later < drafts_.size(); ++later) {
      for (std::size_t earlier = 0; earlier < later; ++earlier) {
        check_pair(drafts_[earlier], drafts_[later]);
      }
    }
  }

  void check_pair(const InterfaceDraft& first, const InterfaceDraft& second) {
    const InterfaceConfig &a = first.config, &b = second.config;
    if (!first.kind_known || !second.kind_known || !a.enabled || !b.enabled) return;
    if (across(a) && across(b)) {
      add(second, second.place_of("transport"), "transport",
          "is already that of [interface." + a.name + "]; one interface holds the links of all");
    }
    if (listens_with_udp(a) && listens_with_udp(b)) return check_ports(first, second);
    if (listens_with_tcp(a) && listens_with_tcp(b)) return check_ports(first, second);
    if (a.kind != b.kind) return;
    const std::string other = "[interface." + a.name + "]";
    const bool same_ports = a.discovery.data_port == b.discovery.data_port ||
                            a.discovery.discovery_port == b.discovery.discovery_port;
    if (a.kind == InterfaceKind::kAuto && same_ports) {
      add(second, second.place_of("data_port"), "data_port",
          "one of the ports is already used by " + other + "; choose others");
    }
    if (a.kind == InterfaceKind::kLocal && a.local.instance == b.local.instance) {
      add(second, second.place_of("instance"), "instance",
          "\"" + b.local.instance + "\" is already used by " + other);
    }
    if (a.kind == InterfaceKind::kRnode) {
      if (!a.device.empty() && a.device == b.device) {
        add(second, second.place_of("device"), "device", b.device + " is already used by " + other);
      } else if (!a.connect_host.empty() && a.connect_host == b.connect_host &&
                 a.connect_port == b.connect_port) {
        add(second, second.place_of("connect_host"), "connect_host",
            "the radio at this address is already used by " + other);
      }
    }
  }

  void check_ports(const InterfaceDraft& first, const InterfaceDraft& second) {
    const InterfaceConfig &a = first.config, &b = second.config;
    if (a.listen_port == 0 || a.listen_port != b.listen_port) return;
    if (a.listen_host != b.listen_host && !everywhere(a.listen_host) &&
        !everywhere(b.listen_host)) {
      return;
    }
    add(second, second.place_of("listen_port"), "listen_port",
        "port " + std::to_string(b.listen_port) + " is already used by [interface." + a.name +
            "]; choose another port or addresses that differ");
  }

  static bool across(const InterfaceConfig& config) {
    return config.kind == InterfaceKind::kHop && config.hop.transport == "reticulum";
  }
  static bool listens_with_udp(const InterfaceConfig& config) {
    return config.kind == InterfaceKind::kUdp ||
           (config.kind == InterfaceKind::kHop && config.hop.transport == "udp");
  }
  static bool listens_with_tcp(const InterfaceConfig& config) {
    return config.kind == InterfaceKind::kTcpServer ||
           (config.kind == InterfaceKind::kHop && config.hop.transport == "tcp" &&
            config.hop.listen);
  }
  static bool everywhere(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

  const std::vector<InterfaceDraft>& drafts_;
  std::vector<ConfigError>& errors_;
};

}  // namespace

void check_interfaces(const std::vector<InterfaceDraft>& drafts, std::vector<ConfigError>& errors) {
  Checker(drafts, errors).run();
}

void check_node(const Config& config, const std::map<std::string, Place, std::less<>>& places,
                std::vector<ConfigError>& errors) {
  for (const std::string& identity : config.trusted_peers) {
    if (fixed_from_hex<IdentityHash::kSize>(identity)) continue;
    const auto found = places.find("trusted_peers");
    const Place place = found == places.end() ? Place{} : found->second;
    errors.push_back(
        {place.file, place.line, "node.trusted_peers",
         "`" + identity + "` is no identity: 32 hexadecimal digits, as `mehr identity` shows"});
  }
}

void check_operator(const Config& config, const std::map<std::string, Place, std::less<>>& places,
                    std::vector<ConfigError>& errors) {
  const auto add = [&](const std::string& key, std::string problem) {
    const auto found = places.find(key);
    const Place place = found == places.end() ? Place{} : found->second;
    errors.push_back({place.file, place.line, "operator." + key, std::move(problem)});
  };
  const auto check_rules = [&](const std::string& key, const std::string& text) {
    if (access_rules(text)) return;
    add(key,
        "must be names or numbers of users, and of groups with `@` before them, separated by "
        "blanks: \"alice @operators 1001\"");
  };
  check_rules("users", config.users);
  check_rules("readers", config.readers);
  if (!config.metrics.empty() && !metrics_place(config.metrics)) {
    add("metrics",
        "must be \"127.0.0.1:<port>\", \"[::1]:<port>\" or the path of a Unix socket: the page has "
        "no "
        "password, so it is not for other hosts");
  }
}

}  // namespace mehr::config
