// Any text as configuration: parse_config must end in values within their ranges or in errors whose
// lines print clean.
#include <cstdlib>
#include <string_view>

#include "core/config/config.h"
#include "core/config/schema.h"

namespace {
void require(bool condition) {
  if (!condition) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = mehr::config::parse_config(text, "fuzz.toml");
  require(parsed.errors.size() <= mehr::config::kMaxErrors + 1);
  for (const auto& error : parsed.errors) {
    require(!error.problem.empty() && error.line >= 0);
    for (const char c : error.text())
      require(static_cast<unsigned char>(c) >= 0x20);
  }
  if (!parsed.errors.empty()) return 0;
  require(parsed.config.interfaces.size() <= mehr::config::kMaxInterfaces);
  for (const auto& interface : parsed.config.interfaces) {
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
