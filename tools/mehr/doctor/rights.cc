// Who may use what, by the mode bits: the doctor is often root, the daemon never should be.
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tools/mehr/doctor/finding.h"

namespace mehr::cli {
namespace {

constexpr const char* kArea = "rights";
constexpr const char* kServiceUser = "mehr";

std::vector<unsigned> groups_of(const passwd& user) {
  std::array<gid_t, 256> groups{};
  int count = static_cast<int>(groups.size());
  if (getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count) < 0) return {user.pw_gid};
  return {groups.begin(), groups.begin() + count};
}

void check_state(const std::string& directory, const ServiceUser& user, Findings& out) {
  if (directory.empty()) {
    out.push_back(
        {Verdict::kProblem, kArea, "there is no state directory", "set state_directory in [node]"});
    return;
  }
  struct stat there {};
  if (stat(directory.c_str(), &there) != 0) {
    out.push_back({Verdict::kNote, kArea, directory + " does not exist yet",
                   "nothing: mehrd makes it at its first start"});
    return;
  }
  if (!S_ISDIR(there.st_mode) || (there.st_mode & 077U) != 0) {
    out.push_back(
        {Verdict::kProblem, kArea, directory + " is open to others", "chmod 700 " + directory});
  } else if (there.st_uid != user.uid) {
    out.push_back({Verdict::kProblem, kArea,
                   directory + " does not belong to " + user.name + ", the user of mehrd",
                   "chown -R " + user.name + ": " + directory});
  } else {
    out.push_back({Verdict::kGood, kArea, directory + " belongs to " + user.name, ""});
  }
  if (access((directory + "/identity.db").c_str(), F_OK) != 0) {
    out.push_back({Verdict::kNote, kArea, "this gateway has no identity yet",
                   "nothing: mehrd makes one at its first start; `mehr identity import` takes an "
                   "existing one"});
  }
}

}  // namespace

ServiceUser service_user(bool system_wide) {
  const passwd* found = system_wide ? getpwnam(kServiceUser) : nullptr;
  if (found == nullptr) found = getpwuid(geteuid());
  if (found == nullptr) return {std::to_string(geteuid()), geteuid(), {getegid()}};
  const passwd copy = *found;
  ServiceUser out{copy.pw_name, copy.pw_uid, {}};
  out.groups = groups_of(copy);
  return out;
}

bool may_use(const ServiceUser& user, const std::string& path, int wanted) {
  struct stat there {};
  if (stat(path.c_str(), &there) != 0) return false;
  if (user.uid == 0) return true;
  unsigned bits = there.st_mode & 7U;
  const bool in_group =
      std::find(user.groups.begin(), user.groups.end(), there.st_gid) != user.groups.end();
  if (there.st_uid == user.uid) {
    bits = (there.st_mode >> 6U) & 7U;
  } else if (in_group) {
    bits = (there.st_mode >> 3U) & 7U;
  }
  return (bits & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
}

void check_rights(const config::Locations& places, const std::string& file, const ServiceUser& user,
                  Findings& out) {
  if (access(file.c_str(), F_OK) == 0 && !may_use(user, file, R_OK)) {
    out.push_back({Verdict::kProblem, kArea, user.name + " may not read " + file,
                   "chgrp " + user.name + " " + file + " && chmod 640 " + file});
  }
  check_state(places.state_directory, user, out);
}

}  // namespace mehr::cli
