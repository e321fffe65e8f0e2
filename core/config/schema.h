// Every configuration key, once: name, type, range, unit, help, the interface kinds it belongs to,
// and the field it fills. parse.cc reads by this table, tests compare default.toml with it. Owns no
// text of its own beyond that. Constant data; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/config/config.h"

namespace mehr::config {

enum class Section : std::uint8_t { kNode, kEndpoint, kOperator, kDataplane, kInterface };
/// "node", "endpoint", "operator", "dataplane", "interface".
std::string_view section_name(Section section);

enum class ValueType : std::uint8_t { kBool, kInteger, kNumber, kText, kTextList };
/// In the order of ValueType: a value read from TOML, already checked against its key.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// One bit per InterfaceKind, for Key::kinds.
constexpr unsigned kind_bit(InterfaceKind kind) {
  return 1U << static_cast<unsigned>(kind);
}
inline constexpr unsigned kAllKinds = 0x7F;
inline constexpr std::size_t kKinds = 7;

struct Key {
  Section section;
  std::string_view name;
  ValueType type;
  double min, max;           ///< of the number; of a text, its length in bytes;
                             ///< of a list, its length, each text at most kMaxListText bytes
  std::string_view allowed;  ///< the only texts allowed, separated by blanks; empty = any
  std::string_view unit;     ///< "Hz", "s", "%"; empty = none
  unsigned kinds;            ///< interface kinds it applies to; kAllKinds outside interfaces
  std::string_view help;     ///< one sentence
  bool live;                 ///< a reload applies it; else it takes a restart
  /// Stores a value of `type` within the range.
  void (*set)(Config&, InterfaceConfig&, const Value&);
  /// The value a field has; nullopt when unset.
  std::optional<Value> (*get)(const Config&, const InterfaceConfig&);
};

/// All keys in the order of default.toml.
std::span<const Key> schema();
/// The key of that exact name, or nullptr.
const Key* find_key(Section section, std::string_view name);

/// Whether [profile.<name>] may set it: what describes a channel, not a device.
bool in_profile(const Key& key);

/// "tcp-server", "tcp-client", "udp", "rnode", "hop", "local", "auto": the values of the key
/// `kind`.
std::string_view kind_name(InterfaceKind kind);
std::optional<InterfaceKind> kind_from_name(std::string_view name);

inline constexpr std::size_t kMaxFileBytes = 1U << 20;
inline constexpr std::size_t kMaxDropIns = 64;
inline constexpr std::size_t kMaxProfiles = 64;
inline constexpr std::size_t kMaxInterfaces = 64;
inline constexpr std::size_t kMaxListText = 320;
inline constexpr std::size_t kMaxInterfaceName = 48;
inline constexpr std::size_t kMaxErrors = 200;  ///< a file with more says so and stops there

}  // namespace mehr::config
