// How figures and tables look.
#include "tools/mehr/text.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace mehr::cli {
namespace {

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 128> out{};
  std::snprintf(out.data(), out.size(), pattern, values...);
  return out.data();
}

// Columns a terminal gives the text: one a code point, near enough for names.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// Length of the valid UTF-8 sequence at the front, 0 if it is none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

std::string padded(const Cell& cell, std::size_t to, bool right, bool last, bool colour) {
  const std::string space(to - std::min(to, width(cell.text)), ' ');
  const std::string text = toned(cell.text, cell.tone, colour);
  if (right) return space + text;
  return last ? text : text + space;
}

}  // namespace

std::string toned(std::string_view text, Tone tone, bool colour) {
  static constexpr std::array<std::string_view, 6> kCodes{"",         "\x1b[1m",  "\x1b[32m",
                                                          "\x1b[33m", "\x1b[31m", "\x1b[2m"};
  if (!colour || tone == Tone::kPlain || text.empty()) return std::string(text);
  return std::string(kCodes[static_cast<std::size_t>(tone)]) + std::string(text) + "\x1b[0m";
}

std::string duration_text(double seconds) {
  if (std::isnan(seconds) || seconds < 0) return "-";
  if (seconds < 10) return format("%.1f s", seconds);
  if (seconds >= 4e11) return "-";
  const auto whole = static_cast<long long>(seconds);
  if (whole < 60) return format("%lld s", whole);
  if (whole < 3600) return format("%lld min %lld s", whole / 60, whole % 60);
  if (whole < 86'400) return format("%lld h %lld min", whole / 3600, whole / 60 % 60);
  return format("%lld d %lld h", whole / 86'400, whole / 3600 % 24);
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  static constexpr std::array<const char*, 5> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit)
    value /= 1024;
  return format("%.1f %s", value, kUnits[unit]);
}

std::string rate_text(std::uint64_t bits_per_second) {
  if (bits_per_second == 0) return "-";
  static constexpr std::array<const char*, 4> kUnits{"bit/s", "kbit/s", "Mbit/s", "Gbit/s"};
  auto value = static_cast<double>(bits_per_second);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); ++unit)
    value /= 1000;
  return format("%.3g %s", value, kUnits[unit]);
}

std::string measure_text(double value, std::string_view unit) {
  if (std::isnan(value)) return "-";
  return format("%.1f ", value) + std::string(unit);
}

std::string time_text(double unix_seconds) {
  // Outside of this a sender's clock is nonsense, and so is a calendar date.
  if (!(unix_seconds >= 0 && unix_seconds < 253'402'300'800.0)) return "-";
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 32> out{};
  std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%S", &local);
  return out.data();
}

std::string printable(std::string_view text, bool lines) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    // C0, DEL, and C1 (0xC2 0x80..0x9F) could move the cursor or start an escape sequence.
    const bool c1 = length == 2 && lead == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    const bool layout = lines && (lead == '\n' || lead == '\t');
    const bool control = (lead < 0x20 && !layout) || lead == 0x7F || c1;
    const std::size_t taken = std::max<std::size_t>(length, 1);
    if (length == 0 || control) {
      for (const char c : text.substr(0, taken))
        out += format("\\x%02x", static_cast<unsigned char>(c));
    } else {
      out += text.substr(0, taken);
    }
    text.remove_prefix(taken);
  }
  return out;
}

std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out += std::string(indent) + std::string(text.substr(0, end)) + "\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

Table::Table(std::vector<std::string> headings) {
  for (std::string& heading : headings) {
    const bool right = heading.starts_with('>');
    right_.push_back(right);
    headings_.emplace_back(right ? heading.substr(1) : std::move(heading), Tone::kStrong);
  }
}

void Table::row(std::vector<Cell> cells) {
  cells.resize(headings_.size(), Cell(""));
  rows_.push_back(std::move(cells));
}

std::string Table::text(bool colour) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < headings_.size(); ++i) {
    std::size_t widest = width(headings_[i].text);
    for (const auto& row : rows_)
      widest = std::max(widest, width(row[i].text));
    widths.push_back(widest);
  }
  std::string out;
  const auto line = [&](const std::vector<Cell>& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) text += "  ";
      text += padded(cells[i], widths[i], right_[i], i + 1 == cells.size(), colour);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line(headings_);
  for (const auto& row : rows_)
    line(row);
  return out;
}

std::string facts(const std::vector<std::pair<std::string, Cell>>& lines, bool colour) {
  std::size_t widest = 0;
  for (const auto& [name, cell] : lines) {
    if (!cell.text.empty()) widest = std::max(widest, name.size());
  }
  std::string out;
  for (const auto& [name, cell] : lines) {
    if (cell.text.empty()) continue;
    out += name + ":" + std::string(widest - name.size() + 2, ' ') +
           toned(cell.text, cell.tone, colour) + "\n";
  }
  return out;
}

}  // namespace mehr::cli
