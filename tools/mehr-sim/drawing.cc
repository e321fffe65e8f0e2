// The drawing of a scenario as SVG. See scenario_report.h.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "tools/mehr-sim/scenario_report.h"

namespace mehr::mehr_sim {
namespace {

constexpr double kWidth = 960, kLeft = 80, kRight = 20, kPanel = 170, kGap = 62, kTop = 58;
constexpr double kInner = kWidth - kLeft - kRight;
constexpr const char* kBlue = "#1f6fb2";
constexpr const char* kOrange = "#d9700a";
constexpr const char* kRed = "#c22f2f";
constexpr const char* kGrey = "#8a8a8a";

std::string number(double value) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.2f", value);
  return out.data();
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string label(double x, double y, const char* anchor, const std::string& what,
                  const char* colour = "#333") {
  return "<text x='" + number(x) + "' y='" + number(y) + "' text-anchor='" + anchor + "' fill='" +
         colour + "'>" + escaped(what) + "</text>\n";
}

std::string stroke(double x1, double y1, double x2, double y2, const char* colour) {
  return "<line x1='" + number(x1) + "' y1='" + number(y1) + "' x2='" + number(x2) + "' y2='" +
         number(y2) + "' stroke='" + colour + "'/>\n";
}

class Drawing {
 public:
  Drawing(const Scenario& scenario, const ScenarioResult& result)
      : scenario_(scenario), result_(result) {}
  std::string draw();

 private:
  [[nodiscard]] double x(Time at) const {
    return kLeft + kInner * std::min(1.0, to_seconds(at.time_since_epoch()) /
                                              to_seconds(scenario_.duration));
  }
  [[nodiscard]] static double bottom(int panel) { return kTop + kPanel + (kPanel + kGap) * panel; }
  std::string frame(int panel, const std::string& title,
                    const std::vector<std::pair<double, std::string>>& marks) const;
  std::string bands() const;
  std::string messages() const;
  std::string curve(int panel, const char* colour, double (*value)(const Sample&),
                    double most) const;
  std::string paths() const;
  std::string load() const;

  const Scenario& scenario_;
  const ScenarioResult& result_;
};

// Axes, title, marks on the left as (share of the height, text), and the time below.
std::string Drawing::frame(int panel, const std::string& title,
                           const std::vector<std::pair<double, std::string>>& marks) const {
  const double low = bottom(panel), high = low - kPanel;
  std::string out = label(kLeft, high - 8, "start", title);
  for (const auto& [share, text] : marks) {
    const double y = low - kPanel * share;
    out += stroke(kLeft, y, kLeft + kInner, y, "#e3e3e3") + label(kLeft - 6, y + 4, "end", text);
  }
  const double minutes = to_seconds(scenario_.duration) / 60;
  const bool hours = minutes > 240;
  for (int i = 0; i <= 8; ++i) {
    const double at = kLeft + kInner * i / 8;
    const double value = minutes * i / 8 / (hours ? 60 : 1);
    out += stroke(at, low, at, low + 4, "#333") +
           label(at, low + 16, "middle",
                 i == 8 ? (hours ? "hours" : "minutes")
                        : number(value).substr(0, number(value).find('.') + 2));
  }
  return out + stroke(kLeft, low, kLeft + kInner, low, "#333") +
         stroke(kLeft, high, kLeft, low, "#333");
}

std::string Drawing::bands() const {
  std::string out;
  for (const ScenarioFault& fault : scenario_.faults) {
    const double from = x(Time{fault.at}), to = x(Time{fault.at + fault.span});
    for (int panel = 0; panel < 3; ++panel) {
      out += "<rect x='" + number(from) + "' y='" + number(bottom(panel) - kPanel) + "' width='" +
             number(std::max(1.5, to - from)) + "' height='" + number(kPanel) +
             "' fill='#f6dcdc'/>\n";
    }
    out += label(from + 2, bottom(0) - kPanel + 12, "start", std::string(fault_name(fault.fault)),
                 kRed);
  }
  return out;
}

// Latency on a logarithmic scale from 10 ms to 1,000 s; what never came lies on the top edge.
std::string Drawing::messages() const {
  std::string out =
      frame(0, "messages: seconds from writing to the receiver's disk",
            {{0, "0.01"}, {0.2, "0.1"}, {0.4, "1"}, {0.6, "10"}, {0.8, "100"}, {1, "1000"}});
  for (const Letter& letter : result_.letters) {
    double share = 1;
    const char* colour = letter.failed || letter.forgotten ? kRed : kGrey;
    if (letter.received) {
      const double seconds = std::max(0.01, to_seconds(*letter.received - letter.sent));
      share = std::min(1.0, (std::log10(seconds) + 2) / 5);
      colour = letter.delivered ? kBlue : kOrange;
    }
    out += "<circle cx='" + number(x(letter.sent)) + "' cy='" + number(bottom(0) - kPanel * share) +
           "' r='2.4' fill='" + colour + "' fill-opacity='0.75'/>\n";
  }
  const std::array<std::pair<const char*, const char*>, 4> legend{
      {{kBlue, "delivered and proved"},
       {kOrange, "delivered, proof not seen"},
       {kRed, "given up"},
       {kGrey, "open"}}};
  double at = kLeft + 420;
  for (const auto& [colour, text] : legend) {
    out += "<circle cx='" + number(at) + "' cy='" + number(bottom(0) - kPanel - 12) +
           "' r='4' fill='" + colour + "'/>\n" +
           label(at + 8, bottom(0) - kPanel - 8, "start", text);
    at += 34 + 6.6 * static_cast<double>(std::string(text).size());
  }
  return out;
}

std::string Drawing::curve(int panel, const char* colour, double (*value)(const Sample&),
                           double most) const {
  std::string out =
      "<polyline fill='none' stroke-width='1.6' stroke='" + std::string(colour) + "' points='";
  for (const Sample& sample : result_.samples) {
    out += number(x(sample.at)) + "," +
           number(bottom(panel) - kPanel * std::min(1.0, value(sample) / most)) + " ";
  }
  return out + "'/>\n";
}

std::string Drawing::paths() const {
  return frame(1, "known ways: share of all pairs of nodes",
               {{0, "0 %"}, {0.5, "50 %"}, {1, "100 %"}}) +
         curve(
             1, kBlue, [](const Sample& s) { return s.paths_known; }, 1);
}

std::string Drawing::load() const {
  double most = 1;
  for (const Sample& sample : result_.samples)
    most = std::max(most, sample.line_bps);
  std::string out = frame(
      2, "load", {{0, "0"}, {0.5, number(most / 2'000) + " k"}, {1, number(most / 1'000) + " k"}});
  for (const auto& [share, text] :
       {std::pair{0.0, "0 %"}, std::pair{0.5, "50 %"}, std::pair{1.0, "100 %"}}) {
    out += label(kLeft + kInner - 4, bottom(2) - kPanel * share - 3, "end", text, kOrange);
  }
  std::string points =
      "<polyline fill='none' stroke-width='1.6' stroke='" + std::string(kBlue) + "' points='";
  for (const Sample& sample : result_.samples) {
    points +=
        number(x(sample.at)) + "," + number(bottom(2) - kPanel * sample.line_bps / most) + " ";
  }
  out += points + "'/>\n";
  out += label(kLeft + 420, bottom(2) - kPanel - 8, "start", "lines, bit/s (left)", kBlue);
  if (result_.radios.empty()) return out;
  return out +
         label(kLeft + 600, bottom(2) - kPanel - 8, "start", "air, busiest channel (right)",
               kOrange) +
         curve(
             2, kOrange, [](const Sample& s) { return s.air_busy; }, 1);
}

std::string Drawing::draw() {
  const double height = bottom(2) + 30;
  return "<svg xmlns='http://www.w3.org/2000/svg' width='" + number(kWidth) + "' height='" +
         number(height) +
         "' font-family='sans-serif' font-size='11'>\n<rect width='100%' "
         "height='100%' fill='#fff'/>\n<text x='" +
         number(kLeft) + "' y='24' font-size='16' fill='#111'>" + escaped(scenario_.title) +
         "</text>\n" + bands() + messages() + paths() + load() + "</svg>\n";
}

}  // namespace

std::string drawing(const Scenario& scenario, const ScenarioResult& result) {
  return Drawing(scenario, result).draw();
}

}  // namespace mehr::mehr_sim
