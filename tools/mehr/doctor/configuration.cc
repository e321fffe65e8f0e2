// What is correct and still not what anybody wants.
#include "tools/mehr/doctor/finding.h"

namespace mehr::cli {
namespace {

constexpr const char* kArea = "configuration";

void check_interface(const config::InterfaceConfig& interface, Findings& out) {
  const std::string where = "[interface." + interface.name + "]";
  if (interface.passphrase.find("replace this") != std::string::npos) {
    out.push_back({Verdict::kProblem, kArea, where + " has the passphrase of the example",
                   "set passphrase in " + where + " to a long random text"});
  }
  const bool radio = interface.kind == config::InterfaceKind::kRnode;
  if (radio && interface.enabled && !interface.radio.airtime_limit_long_percent) {
    out.push_back({Verdict::kNote, kArea, where + " may send all the time",
                   "where the law limits airtime, set airtime_limit_long_percent in " + where});
  }
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      return "good";
    case Verdict::kNote:
      return "note";
    case Verdict::kProblem:
      return "problem";
  }
  return "";
}

void check_configuration(const config::Parsed& parsed, const std::string& file, Findings& out) {
  for (const auto& error : parsed.errors) {
    out.push_back({Verdict::kProblem, kArea, error.text(),
                   "correct it; `mehr config default` explains every key"});
  }
  if (!parsed.errors.empty()) return;
  std::size_t used = 0;
  for (const auto& interface : parsed.config.interfaces) {
    used += interface.enabled ? 1 : 0;
    check_interface(interface, out);
  }
  if (used == 0) {
    out.push_back(
        {Verdict::kProblem, kArea, file + " has no interface: this gateway hears nobody",
         "add an [interface.<name>] section; /usr/share/doc/mehr-gateway/examples has some"});
  } else {
    out.push_back(
        {Verdict::kGood, kArea,
         file + " is correct, " + std::to_string(used) + (used == 1 ? " interface" : " interfaces"),
         ""});
  }
}

}  // namespace mehr::cli
