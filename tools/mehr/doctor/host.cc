// Host and clock, by asking the kernel.
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <string>

#include "controlplane/reactor/reactor.h"
#include "tools/mehr/doctor/finding.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

constexpr const char* kArea = "host";
constexpr std::uint64_t kBytesPerPath = 1'024;  // as core/config/default.toml states
constexpr std::uint64_t kBytesAnyway = 64U << 20U;
constexpr std::uint64_t kDiskWanted = 200U << 20U;
constexpr std::uint64_t kFilesAnyway = 64;
constexpr std::time_t kEarliest = 1'767'225'600;  // 2026: this version is not older

std::string first_word(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

void check_kernel(Findings& out) {
  utsname name{};
  uname(&name);
  const std::string kernel = std::string("Linux ") + name.release;
  const std::string disabled = first_word("/proc/sys/kernel/io_uring_disabled");
  if (disabled == "1" || disabled == "2") {
    out.push_back({Verdict::kProblem, kArea, kernel + " has io_uring switched off",
                   "sysctl -w kernel.io_uring_disabled=0, and the same in /etc/sysctl.d"});
    return;
  }
  if (const auto reactor = reactor::Reactor::create(); !reactor.ok()) {
    out.push_back({Verdict::kProblem, kArea,
                   kernel + ": " + std::string(reactor.status().message()),
                   "use Linux 6.0 or later; in a container, allow the io_uring system calls"});
    return;
  }
  out.push_back({Verdict::kGood, kArea, kernel + " with io_uring", ""});
}

void check_memory(const config::Config& config, Findings& out) {
  std::ifstream file("/proc/meminfo");
  std::string word;
  std::uint64_t kib = 0;
  while (file >> word && word != "MemAvailable:") {
  }
  file >> kib;
  const std::uint64_t available = kib * 1'024;
  const std::uint64_t wanted = config.max_paths * kBytesPerPath + kBytesAnyway;
  const std::string text =
      bytes_text(available) + " of memory free, a full path table takes " + bytes_text(wanted);
  if (available == 0 || available >= wanted) {
    out.push_back({Verdict::kGood, kArea, text, ""});
  } else {
    out.push_back({Verdict::kNote, kArea, text, "lower max_paths in [node]"});
  }
}

void check_files(const config::Config& config, Findings& out) {
  std::uint64_t wanted = kFilesAnyway;
  for (const auto& interface : config.interfaces) {
    const bool server = interface.kind == config::InterfaceKind::kTcpServer;
    wanted += server ? interface.max_clients : 2;
  }
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const std::string text = std::to_string(limit.rlim_max) + " open files allowed, at most " +
                           std::to_string(wanted) + " are used";
  if (limit.rlim_max >= wanted) {
    out.push_back({Verdict::kGood, kArea, text, ""});
  } else {
    out.push_back({Verdict::kProblem, kArea, text,
                   "raise LimitNOFILE of the unit, or lower max_clients of the servers"});
  }
}

void check_disk(const std::string& directory, Findings& out) {
  struct statvfs disk {};
  std::string there = directory;
  while (!there.empty() && statvfs(there.c_str(), &disk) != 0)
    there = there.substr(0, there.rfind('/'));
  if (there.empty()) return;
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::string text = bytes_text(free) + " free for " + directory;
  if (free >= kDiskWanted) {
    out.push_back({Verdict::kGood, kArea, text, ""});
  } else {
    out.push_back(
        {Verdict::kProblem, kArea, text, "make room: with a full disk no message is accepted"});
  }
}

}  // namespace

void check_host(const config::Config& config, const config::Locations& places, Findings& out) {
  check_kernel(out);
  check_memory(config, out);
  check_files(config, out);
  check_disk(places.state_directory, out);
}

void check_clock(Findings& out) {
  const std::time_t now = std::time(nullptr);
  const std::string text = "the clock says " + time_text(static_cast<double>(now));
  timex state{};
  const bool known = adjtimex(&state) >= 0;
  if (now < kEarliest) {
    out.push_back({Verdict::kProblem, "clock", text + ", which is past",
                   "set it (timedatectl set-ntp true): others ignore announces that seem old"});
  } else if (known && (state.status & STA_UNSYNC) != 0) {
    out.push_back({Verdict::kNote, "clock", text + ", and nothing keeps it right",
                   "timedatectl set-ntp true"});
  } else {
    out.push_back({Verdict::kGood, "clock", text, ""});
  }
}

}  // namespace mehr::cli
