// The configuration as typed values. core/config/default.toml is its manual; parse.cc reads TOML
// into these and refuses what it does not know. Plain values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"

namespace mehr::config {

enum class InterfaceKind : std::uint8_t {
  kTcpServer,
  kTcpClient,
  kUdp,
  kRnode,
  kHop,
  kLocal,
  kAuto
};

inline constexpr std::uint16_t kHopPort = 4343;  ///< where hop links are listened for

struct RadioConfig {
  std::uint64_t frequency_hz = 0;        ///< 137 MHz .. 3 GHz
  std::uint32_t bandwidth_hz = 125'000;  ///< 7,800 .. 1,625,000
  std::uint8_t spreading_factor = 8;     ///< 5 .. 12
  std::uint8_t coding_rate = 5;          ///< 5 .. 8
  std::uint8_t tx_power_dbm = 7;         ///< 0 .. 37
  std::optional<double> airtime_limit_short_percent, airtime_limit_long_percent;
};

/// Encrypted links with other Mehr nodes.
struct HopConfig {
  std::string transport = "udp";     ///< udp tcp reticulum
  bool listen = true;                ///< false: only dial
  std::vector<std::string> peers;    ///< by the transport, see hop_peer.h
  std::string allow = "listed";      ///< listed trusted any
  std::vector<std::string> allowed;  ///< identities as 32 hexadecimal digits
  /// With allow = "trusted": Config::trusted_peers, filled in by the reader.
  std::vector<std::string> trusted;
  bool padding = true;  ///< fill up small frames, so that lengths tell less
};

/// Programs on this host, as the first Reticulum instance of a host serves the others.
struct LocalConfig {
  std::string instance =
      "default";        ///< abstract Unix sockets rns/<instance> and rns/<instance>/rpc
  std::string rpc_key;  ///< hexadecimal; empty = programs cannot ask about interfaces and paths
};

/// Reticulum nodes found on the networks of this host.
struct AutoConfig {
  std::string group = "reticulum";
  std::vector<std::string> devices;  ///< the only ones; empty = all but loopback
  std::vector<std::string> ignored_devices;
  std::uint16_t discovery_port = 29'716;  ///< and the next
  std::uint16_t data_port = 42'671;
};

struct InterfaceConfig {
  std::string name;     ///< the TOML key: [interface.<name>]
  std::string profile;  ///< rnode: the [profile.<name>] its radio settings start from
  InterfaceKind kind = InterfaceKind::kTcpServer;
  bool enabled = true;
  std::string mode = "full";
  std::optional<std::uint64_t> bitrate_bps;
  std::optional<std::uint32_t> mtu;               ///< hardware MTU in bytes; tcp and udp
  std::string network_name, passphrase;           ///< access code; both empty = open interface
  std::optional<std::uint32_t> access_code_bits;  ///< 8 .. 512, multiple of 8
  bool outgoing = true;
  std::optional<bool> ingress_control;  ///< default by kind
  bool egress_control = false;
  double announce_cap_percent = 2.0;
  std::optional<std::uint32_t> announce_rate_target_s, announce_rate_grace, announce_rate_penalty_s;
  int gravity = 0;
  bool recursive_path_requests = false;
  bool announces_from_internal = true;
  bool announces_to_internal = false;
  bool trusted = true;  ///< plain Reticulum neighbours; hop links are judged by their identity

  std::string listen_host = "0.0.0.0";  ///< tcp server, udp, hop
  std::uint16_t listen_port = 4242;     ///< a hop interface read from a file has kHopPort
  std::string connect_host;             ///< tcp client, udp forward address, rnode over tcp
  std::uint16_t connect_port = 0;
  std::uint32_t max_clients = 256;  ///< tcp server, hop over tcp or reticulum, local

  std::string device;  ///< rnode: tty, pty or stable link
  std::uint32_t baud = 115'200;
  RadioConfig radio;
  HopConfig hop;
  LocalConfig local;
  AutoConfig discovery;
};

struct Config {
  std::string node_name;  ///< shown to peers in announces; may be empty
  bool transport = true;
  std::string state_directory;     ///< databases and identity
  std::string admin_socket;        ///< path of the admin Unix socket
  std::string log_level = "info";  ///< trace debug info warn error
  std::string passphrase_file;     ///< identity encryption; empty = none
  bool respond_to_probes = true;
  bool messages = true;                        ///< run the LXMF endpoint
  std::uint32_t announce_interval_s = 21'600;  ///< own destinations; 0 = only on request
  std::uint32_t max_message_bytes = 1'048'576;
  std::size_t max_paths = 200'000;
  /// The local trust set (spec/07 §1): identities as 32 hexadecimal digits.
  std::vector<std::string> trusted_peers;
  /// What this node charges for relaying, uMHR per MiB: 5 uMHR for 484 bytes (SC-15).
  std::uint64_t price_umhr_per_mib = 10'833;
  std::string users;             ///< may use the admin socket: names, numbers, "@group", by blanks
  std::string readers;           ///< may use the read-only socket, in the same form
  std::string read_socket;       ///< path of the read-only Unix socket
  std::string metrics;           ///< "127.0.0.1:9742", or the path of a Unix socket; empty = none
  std::string dataplane_socket;  ///< where mehr-dataplane listens; empty = mehrd does without
  std::vector<InterfaceConfig> interfaces;
};

struct ConfigError {
  std::string file;
  int line = 0;         ///< 0 = whole file
  std::string key;      ///< "interface.radio.spreading_factor"
  std::string problem;  ///< what is wrong, what is allowed, the nearest key
  /// "file:line: key: problem"
  [[nodiscard]] std::string text() const;
};

struct Parsed {
  Config config;                    ///< meaningful only when errors is empty
  std::vector<ConfigError> errors;  ///< every mistake, not only the first
  std::vector<std::string> files;   ///< what was read, in order
};
Parsed parse_config(std::string_view toml, std::string_view file_name);

struct SourceFile {
  std::string name, text;
};
/// Several files as one configuration: what a later file sets wins, an interface may be spread over
/// files.
Parsed parse_files(const std::vector<SourceFile>& files);

/// Reads the file and its drop-ins (drop_in_folder()); what cannot be read is a ConfigError too.
Parsed load_config(const std::string& path);
/// "/etc/mehr/mehr.toml" -> "/etc/mehr/mehr.d"; its *.toml files are read after it, by name.
std::string drop_in_folder(const std::string& path);
/// The commented reference manual (default.toml), built in.
std::string_view default_toml();

}  // namespace mehr::config
