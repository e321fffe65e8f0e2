// Words and figures for people: durations, sizes, signal strengths, aligned tables, colours. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mehr::cli {

enum class Tone : std::uint8_t { kPlain, kStrong, kGood, kWarn, kBad, kDim };

/// `text` in the tone's colour when `colour`, else unchanged.
std::string toned(std::string_view text, Tone tone, bool colour);

/// "0.4 s", "12 s", "3 min 5 s", "2 h 10 min", "5 d 3 h"; negative or NaN gives "-".
std::string duration_text(double seconds);
/// "512 B", "1.5 KiB", "3.2 MiB".
std::string bytes_text(std::uint64_t bytes);
/// "1,200 bit/s" style without separators: "300 bit/s", "1.2 kbit/s", "10 Mbit/s"; 0 gives "-".
std::string rate_text(std::uint64_t bits_per_second);
/// One decimal and the unit, or "-" for NaN: "-97.0 dBm".
std::string measure_text(double value, std::string_view unit);
/// Local time "2026-11-22 14:30:12" of Unix seconds.
std::string time_text(double unix_seconds);
/// What came over the network, safe for a terminal: control characters and broken UTF-8 become
/// "\xNN".
/// @param lines keep newlines and tabs
std::string printable(std::string_view text, bool lines = false);
/// Every line of `text` behind `indent`.
std::string indented(std::string_view text, std::string_view indent);

struct Cell {
  std::string text;
  Tone tone = Tone::kPlain;
  Cell(std::string cell_text, Tone cell_tone = Tone::kPlain)  // NOLINT: rows are lists of strings
      : text(std::move(cell_text)), tone(cell_tone) {}
  Cell(const char* cell_text) : text(cell_text) {}  // NOLINT
};

/// A table with a heading, columns as wide as their widest cell, two spaces between.
class Table {
 public:
  /// @param headings a leading '>' aligns the column right
  explicit Table(std::vector<std::string> headings);
  void row(std::vector<Cell> cells);
  [[nodiscard]] std::string text(bool colour) const;

 private:
  std::vector<Cell> headings_;
  std::vector<bool> right_;
  std::vector<std::vector<Cell>> rows_;
};

/// "name:  value" lines, values aligned; empty values are left out.
std::string facts(const std::vector<std::pair<std::string, Cell>>& lines, bool colour);

}  // namespace mehr::cli
