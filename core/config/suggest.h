// Finds the known word an operator probably meant. Owns no list of words; parse.cc hands them in.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace mehr::config {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word` when it is near enough to be a slip of the pen (a third of its
/// letters, at least two) or begins with it, ignoring case, '_' and '-'; else empty.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace mehr::config
