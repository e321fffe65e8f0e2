// Edit distance for the "did you mean" of configuration errors. Pure; any thread.
#include "core/config/suggest.h"

#include <algorithm>
#include <limits>
#include <string>

namespace mehr::config {
namespace {

// Longer words are no slip of the pen, and the distance costs the product of the lengths.
constexpr std::size_t kLongestWord = 64;

std::string plain(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c == '_' || c == '-') continue;
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string wanted = plain(word);
  if (wanted.empty() || wanted.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t best_distance = std::numeric_limits<std::size_t>::max();
  for (const std::string_view candidate : candidates) {
    const std::string name = plain(candidate);
    std::size_t distance = edit_distance(wanted, name);
    // "frequency" for "frequency_hz": the unit was forgotten, which is nearer than any misspelling.
    if (wanted.size() >= 3 && name.starts_with(wanted)) distance = 0;
    if (distance <= std::max<std::size_t>(2, wanted.size() / 3) && distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  // Two letters of a three-letter word changed is another word.
  return best_distance < wanted.size() ? best : std::string_view{};
}

}  // namespace mehr::config
