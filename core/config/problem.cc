// One sentence a mistake.
#include "core/config/problem.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/config/suggest.h"

namespace mehr::config {
namespace {

std::string number_text(double value) {
  std::ostringstream out;
  out.precision(15);
  out << value;
  return out.str();
}

std::string with_unit(double value, std::string_view unit) {
  return number_text(value) + (unit.empty() ? "" : " " + std::string(unit));
}

std::vector<std::string_view> words(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    out.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

std::string_view wanted_name(ValueType type) {
  switch (type) {
    case ValueType::kBool:
      return "true or false";
    case ValueType::kInteger:
      return "a whole number";
    case ValueType::kNumber:
      return "a number";
    case ValueType::kText:
      return "a text in quotes";
    case ValueType::kTextList:
      return "a list of texts, [\"...\", \"...\"]";
  }
  return "";
}

std::string joined(const std::vector<std::string_view>& list) {
  std::string out;
  for (const std::string_view word : list) {
    if (!out.empty()) out += ", ";
    out.append(word);
  }
  return out;
}

std::string kinds_text(unsigned kinds) {
  std::vector<std::string_view> names;
  for (unsigned i = 0; i < kKinds; ++i) {
    if ((kinds & (1U << i)) != 0) names.push_back(kind_name(static_cast<InterfaceKind>(i)));
  }
  return joined(names);
}

std::string range_problem(const Key& key, double number) {
  if (number >= key.min && number <= key.max) return {};
  return "must be between " + number_text(key.min) + " and " + with_unit(key.max, key.unit) +
         ", found " + (std::isfinite(number) ? number_text(number) : "no finite number");
}

std::string text_problem(const Key& key, const std::string& text) {
  if (static_cast<double>(text.size()) > key.max) {
    return "must be at most " + number_text(key.max) + " bytes long, found " +
           std::to_string(text.size());
  }
  if (has_control_characters(text)) return "must not contain line breaks or control characters";
  const auto allowed = words(key.allowed);
  if (allowed.empty() || std::find(allowed.begin(), allowed.end(), text) != allowed.end()) {
    return {};
  }
  std::string problem = "must be one of " + joined(allowed) + ", found `" + text + "`";
  const std::string_view near = nearest(text, allowed);
  if (!near.empty()) problem.append("; did you mean `").append(near).append("`?");
  return problem;
}

std::string list_problem(const Key& key, const std::vector<std::string>& texts) {
  if (static_cast<double>(texts.size()) > key.max) {
    return "must have at most " + number_text(key.max) + " entries, found " +
           std::to_string(texts.size());
  }
  for (const std::string& text : texts) {
    if (!text.empty() && text.size() <= kMaxListText && !has_control_characters(text)) continue;
    return "has an entry that is empty, longer than " + std::to_string(kMaxListText) +
           " bytes or has control characters in it";
  }
  return {};
}

}  // namespace mehr::config
