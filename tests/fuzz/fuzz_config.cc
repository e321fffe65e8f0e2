// Any text as configuration: the parser must end in values within their ranges or in errors whose
// lines print clean. A record separator (0x1E) begins the next file of several.
#include <cstdlib>
#include <string_view>

#include "core/config/config.h"
#include "core/config/difference.h"
#include "core/config/hop_peer.h"
#include "core/config/schema.h"

namespace {
void require(bool condition) {
  if (!condition) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto peer = mehr::config::parse_hop_peer(text)) {
    require(peer->port != 0 && !peer->host.empty());
  }
  std::vector<mehr::config::SourceFile> files;
  for (std::size_t at = 0; at <= text.size() && files.size() < 4;) {
    const std::size_t end = std::min(text.find('\x1E', at), text.size());
    files.push_back(
        {"fuzz" + std::to_string(files.size()), std::string(text.substr(at, end - at))});
    at = end + 1;
  }
  const auto parsed = files.size() == 1 ? mehr::config::parse_config(text, "fuzz.toml")
                                        : mehr::config::parse_files(files);
  require(parsed.errors.size() <= mehr::config::kMaxErrors + 1);
  for (const auto& error : parsed.errors) {
    require(!error.problem.empty() && error.line >= 0);
    for (const char c : error.text())
      require(static_cast<unsigned char>(c) >= 0x20);
  }
  if (!parsed.errors.empty()) return 0;
  require(mehr::config::difference(parsed.config, parsed.config).empty());
  const auto change = mehr::config::difference({}, parsed.config);
  require(change.added.size() == parsed.config.interfaces.size());
  require(parsed.config.interfaces.size() <= mehr::config::kMaxInterfaces);
  for (const auto& interface : parsed.config.interfaces) {
    for (const auto& peer : interface.hop.peers)
      require(mehr::config::parse_hop_peer(peer).has_value());
    for (const auto& key : mehr::config::schema()) {
      if ((key.kinds & mehr::config::kind_bit(interface.kind)) == 0) continue;
      const auto value = key.get(parsed.config, interface);
      const auto* integer = value ? std::get_if<std::int64_t>(&*value) : nullptr;
      if (integer == nullptr || *integer == 0) continue;  // 0 also means: not given
      require(static_cast<double>(*integer) >= key.min && static_cast<double>(*integer) <= key.max);
    }
  }
  return 0;
}
