// One escape rule and a few macros; `man` does the rest.
#include "tools/mehr/manual.h"

#include <algorithm>
#include <sstream>

#include "controlplane/metrics/page.h"
#include "core/border/counters.h"
#include "core/config/config.h"

namespace mehr::cli {
namespace {

// A line must not begin with a control character, and a hyphen is a minus.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out.push_back(c);
    }
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string heading(std::string_view name, int section, std::string_view version,
                    std::string_view summary) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return ".TH " + upper + " " + std::to_string(section) + " \"\" \"Mehr gateway " +
         std::string(version) + "\" \"Mehr gateway\"\n.SH NAME\n" + escaped(name) + " \\- " +
         escaped(summary) + "\n";
}

std::string option_item(const OptionFacts& option) {
  std::string head;
  for (const std::string& name : option.names)
    head += (head.empty() ? "" : ", ") + ("\\fB" + escaped(name) + "\\fR");
  if (!option.argument.empty())
    head += (head.empty() ? "" : " ") + ("\\fI" + escaped(option.argument) + "\\fR");
  std::string text = option.help;
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (!option.values.empty()) {
    std::string list;
    for (const std::string& value : option.values)
      list += (list.empty() ? "" : ", ") + value;
    add("one of " + list);
  }
  if (!option.preset.empty()) add("default " + option.preset);
  return ".TP\n" + head + "\n" + escaped(text) + "\n";
}

std::string synopsis(const CommandFacts& command) {
  std::string out = "\\fB" + escaped(command.path) + "\\fR";
  for (const OptionFacts& option : command.options) {
    if (!option.names.empty()) continue;
    const std::string name = "\\fI" + escaped(option.argument) + "\\fR";
    out += option.required ? " " + name : " [" + name + "]";
  }
  return out;
}

bool is_help(const OptionFacts& option) {
  return !option.names.empty() && option.names.back() == "--help";
}

std::string see_also() {
  return ".SH SEE ALSO\n.BR mehr (1),\n.BR mehr.toml (5),\n.BR mehr\\-metrics (7),\n.BR mehrd "
         "(8),\n"
         ".BR mehr\\-gateway (8)\n";
}

/// A line of default.toml without what makes it a comment.
std::string_view comment_of(std::string_view line) {
  return line.starts_with("# ") ? line.substr(2) : line.substr(1);
}

}  // namespace

std::string command_page(const CommandFacts& tree, std::string_view version) {
  std::string out = heading(tree.name, 1, version, "operates the Mehr gateway of this host");
  out +=
      ".SH SYNOPSIS\n.B " + tree.name + "\n[\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]\n";
  out += ".SH DESCRIPTION\n" + escaped(tree.help) +
         "\nEverything but `config check`, `config default`, `doctor` and `identity` with a state "
         "directory asks the running mehrd over its admin socket.\n.SH OPTIONS\n";
  for (const OptionFacts& option : tree.options)
    out += option_item(option);
  out += ".SH COMMANDS\n";
  for (const CommandFacts* command : all_commands(tree)) {
    if (command == &tree) continue;
    out += ".SS " + synopsis(*command) + "\n" + escaped(command->help) + ".\n";
    for (const OptionFacts& option : command->options) {
      if (!is_help(option)) out += option_item(option);
    }
  }
  out += ".SH EXIT STATUS\n";
  std::istringstream lines(tree.footer);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t digit = line.find_first_of("0123456789");
    if (digit == std::string::npos || line.find_first_not_of(' ') != digit) continue;
    const std::size_t text = line.find_first_not_of(' ', digit + 1);
    out += ".TP\n" + line.substr(digit, 1) + "\n" + escaped(line.substr(text)) + "\n";
  }
  out +=
      ".SH FILES\n.TP\n/etc/mehr/mehr.toml\nthe configuration, with drop\\-ins in "
      "/etc/mehr/mehr.d\n.TP\n/run/mehr/admin.sock, /run/mehr/read.sock\nthe admin socket and "
      "the one that takes no orders\n.SH ENVIRONMENT\n.TP\nMEHR_SOCKET, MEHR_CONFIG\nas "
      "\\fB\\-\\-socket\\fR and \\fB\\-\\-config\\fR\n.TP\nNO_COLOR\nwithout colours\n";
  return out + see_also();
}

std::string configuration_page(std::string_view version) {
  std::string out = heading("mehr.toml", 5, version, "configuration of the Mehr gateway");
  out += ".SH DESCRIPTION\n";
  std::istringstream lines{std::string(config::default_toml())};
  bool verbatim = false;
  for (std::string line; std::getline(lines, line);) {
    const bool rule = line.starts_with("# ---");
    const bool setting = !line.empty() && (line[0] != '#' || (line.size() > 1 && line[1] != ' '));
    if (setting && !verbatim) out += ".PP\n.nf\n";
    if (!setting && verbatim) out += ".fi\n";
    verbatim = setting;
    if (line.empty() || line == "#") {
      out += ".PP\n";
    } else if (setting) {
      const std::string plain = line[0] == '#' ? line.substr(1) : line;
      out += "\\fB" + escaped(plain) + "\\fR\n";
    } else if (!rule) {
      // What is set in by blanks is an example or a list: it keeps its lines.
      const std::string_view text = comment_of(line);
      out += text.starts_with("  ") ? ".br\n" + escaped(text) + "\n.br\n" : escaped(text) + "\n";
    }
  }
  if (verbatim) out += ".fi\n";
  return out + see_also();
}

std::string metrics_page(std::string_view version) {
  std::string out = heading("mehr-metrics", 7, version, "what the Mehr gateway counts");
  out +=
      ".SH DESCRIPTION\nThe page at `metrics` in [operator] has every counter, which `mehr stats` "
      "shows too, and every gauge. A counter of severity drop is the reason why a packet ended; "
      "one of severity error has an alert of its own.\n.SH COUNTERS\n";
  for (const auto& counter : border::counter_table()) {
    const char* const severity = counter.severity == border::Severity::drop    ? "drop"
                                 : counter.severity == border::Severity::warn  ? "warn"
                                 : counter.severity == border::Severity::error ? "error"
                                                                               : "info";
    out += ".TP\n\\fB" + escaped(metrics::metric_name(counter)) + "\\fR (" + severity + ")\n" +
           escaped(counter.help) + "\n";
  }
  out += ".SH GAUGES\n";
  for (const auto& gauge : metrics::gauge_table()) {
    out += ".TP\n\\fB" + escaped(gauge.name) + "\\fR (" + std::string(gauge.type) +
           (gauge.labels == "none" ? "" : ", by " + std::string(gauge.labels)) + ")\n" +
           escaped(gauge.help) + "\n";
  }
  return out + see_also();
}

}  // namespace mehr::cli
