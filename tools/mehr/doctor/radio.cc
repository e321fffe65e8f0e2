// Serial devices: there, a terminal, usable for the daemon's user, and not in somebody else's
// hands.
#include <dirent.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "tools/mehr/doctor/finding.h"

namespace mehr::cli {
namespace {

constexpr const char* kArea = "radio";
constexpr const char* kStableLinks = "/dev/serial/by-id";

// What is in a folder; processes and devices may go while we look, which is no error.
std::vector<std::filesystem::path> entries(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> out;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    out.push_back(at->path());
  }
  return out;
}

std::string devices_there() {
  std::string out;
  for (const auto& device : entries(kStableLinks))
    out += (out.empty() ? "" : ", ") + device.string();
  return out;
}

std::string group_name(gid_t group) {
  const struct group* const found = getgrgid(group);
  return found == nullptr ? std::to_string(group) : found->gr_name;
}

// Who has the device open, as far as /proc tells us: "ModemManager (812)"; mehrd itself is no news.
std::string holder(const std::string& device) {
  std::error_code error;
  for (const auto& process : entries("/proc")) {
    const std::string pid = process.filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    for (const auto& file : entries(process / "fd")) {
      if (std::filesystem::read_symlink(file, error).string() != device) continue;
      const std::string program =
          std::filesystem::read_symlink(process / "exe", error).filename().string();
      if (program != "mehrd") return program + " (process " + pid + ")";
    }
  }
  return "";
}

void check_device(const config::InterfaceConfig& interface, const ServiceUser& user,
                  Findings& out) {
  const std::string where = interface.name + ": " + interface.device;
  struct stat there {};
  if (stat(interface.device.c_str(), &there) != 0) {
    const std::string found = devices_there();
    out.push_back({Verdict::kProblem, kArea, where + " is not there",
                   found.empty()
                       ? "plug the radio in; `dmesg | tail` shows whether the kernel sees it"
                       : "plug it in, or set device to one that is there: " + found});
    return;
  }
  if (!S_ISCHR(there.st_mode)) {
    out.push_back({Verdict::kProblem, kArea, where + " is no serial device",
                   "set device in [interface." + interface.name + "] to one in " + kStableLinks});
    return;
  }
  if (!may_use(user, interface.device, R_OK | W_OK)) {
    const std::string group = group_name(there.st_gid);
    out.push_back({Verdict::kProblem, kArea, user.name + " may not use " + where,
                   "adduser " + user.name + " " + group + ", then restart mehr-gateway"});
    return;
  }
  std::error_code error;
  const std::string real = std::filesystem::canonical(interface.device, error).string();
  if (const std::string who = holder(error ? interface.device : real); !who.empty()) {
    out.push_back({Verdict::kProblem, kArea, where + " is in use by " + who,
                   "stop that program, or keep it from the device by a udev rule"});
    return;
  }
  const bool stable = interface.device.find("/ttyACM") == std::string::npos &&
                      interface.device.find("/ttyUSB") == std::string::npos;
  out.push_back({stable ? Verdict::kGood : Verdict::kNote, kArea, where + " can be used",
                 stable ? ""
                        : std::string("name it by its link in ") + kStableLinks +
                              ": this name may be another device's after replugging"});
}

}  // namespace

void check_radios(const config::Config& config, const ServiceUser& user, Findings& out) {
  for (const auto& interface : config.interfaces) {
    const bool radio = interface.kind == config::InterfaceKind::kRnode;
    if (interface.enabled && radio && !interface.device.empty()) check_device(interface, user, out);
  }
}

}  // namespace mehr::cli
