// What is wrong with one value, in words: ranges, lengths, lists of allowed texts. Owns the
// sentences; reading is parse.cc's. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/schema.h"

namespace mehr::config {

/// "true or false", "a whole number", ...
std::string_view wanted_name(ValueType type);
/// What is wrong with `number` for `key`; empty when nothing is.
std::string range_problem(const Key& key, double number);
/// The same for a text. Never quotes it unless its values are listed: it may be a passphrase.
std::string text_problem(const Key& key, const std::string& text);
/// The same for a list of texts, whose entries it does not quote either.
std::string list_problem(const Key& key, const std::vector<std::string>& texts);

/// "a, b, c".
std::string joined(const std::vector<std::string_view>& list);
/// Names of the interface kinds in the bit set, joined.
std::string kinds_text(unsigned kinds);

}  // namespace mehr::config
