// What the doctor found: one sentence on what is, and one thing to do when it is not well. Values
// only; the checks beside this file fill a list of them, mehr doctor shows it.
#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/config/locations.h"

namespace mehr::cli {

enum class Verdict : std::uint8_t { kGood, kNote, kProblem };
std::string_view verdict_name(Verdict verdict);  ///< "good", "note", "problem"

struct Finding {
  Verdict verdict = Verdict::kGood;
  std::string area;    ///< "host", "configuration", "rights", "clock", "ports", "radio", "daemon"
  std::string text;    ///< what is
  std::string remedy;  ///< the one thing to do; empty when nothing needs doing
};
using Findings = std::vector<Finding>;

/// The user mehrd runs as, as far as can be told without it.
struct ServiceUser {
  std::string name;
  unsigned uid = 0;
  std::vector<unsigned> groups;
};
/// `mehr` where that user exists and the system's configuration is meant, else who asks.
ServiceUser service_user(bool system_wide);
/// Whether that user may do `wanted` (R_OK, W_OK, X_OK) with the file by its mode bits.
bool may_use(const ServiceUser& user, const std::string& path, int wanted);

/// Kernel, memory, files, disk.
void check_host(const config::Config& config, const config::Locations& places, Findings& out);
/// What a correct configuration may still get wrong.
void check_configuration(const config::Parsed& parsed, const std::string& file, Findings& out);
/// State directory, identity, configuration file.
void check_rights(const config::Locations& places, const std::string& file, const ServiceUser& user,
                  Findings& out);
void check_clock(Findings& out);
/// Ports to listen on, when mehrd does not run and so does not hold them itself.
void check_ports(const config::Config& config, Findings& out);
void check_radios(const config::Config& config, const ServiceUser& user, Findings& out);

}  // namespace mehr::cli
