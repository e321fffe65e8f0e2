// Reading the reference vectors (tests/vectors) and proving that all of them were run.
// Used by the unit tests of every folder that has vectors; each adds vector_file.cc to its
// executable.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace mehr::test {

using Json = nlohmann::json;

/// One vector file, "path" for path.json. A file that is missing or does not parse ends the test
/// executable: silence about vectors must not look like success.
class VectorFile {
 public:
  /// @param folder below tests/vectors
  explicit VectorFile(const std::string& name, const std::string& folder = "reticulum");

  [[nodiscard]] const Json& root() const { return root_; }

  /// Runs `check` on every case of a list (or every entry of an object, as {"key", "value"}), names
  /// the case in failures, prints "vectors <file> <list> <ran>/<total>", and fails when the list is
  /// absent, empty, or a case was not run.
  void each(const std::string& list, const std::function<void(const Json&)>& check) const;

  /// For lists that are run in another order or spread over a test: call ran() for each case and
  /// finish() at the end, which prints and checks the count as each() does. Indices count from 0.
  void ran(const std::string& list, std::size_t index);
  void finish(const std::string& list) const;

 private:
  [[nodiscard]] const Json& list_of(const std::string& list) const;
  void report(const std::string& list, std::size_t ran, std::size_t total) const;

  std::string name_;
  Json root_;
  std::map<std::string, std::set<std::size_t>> ran_;
};

/// What a case calls itself: its "id", "why", "what" or "case", else its index.
std::string case_name(const Json& item, std::size_t index);

/// Bytes of a hexadecimal string; ends the executable when it is none.
Bytes hex(const Json& value);
/// The same, nullopt for null.
std::optional<Bytes> optional_hex(const Json& value);
template <std::size_t N>
FixedBytes<N> fixed_hex(const Json& value) {
  return fixed_from_hex<N>(value.get<std::string>()).value();
}
template <std::size_t N>
std::optional<FixedBytes<N>> optional_fixed_hex(const Json& value) {
  if (value.is_null()) return std::nullopt;
  return fixed_hex<N>(value);
}

}  // namespace mehr::test
