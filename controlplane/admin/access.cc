// Names become numbers when the configuration is read; a connection is then judged by numbers
// alone.
#include "controlplane/admin/access.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>

#include "core/config/operators.h"

namespace mehr::admin {
namespace {

using config::AccessRule;

std::optional<std::uint32_t> number(const std::string& text) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> look_up(const AccessRule& rule) {
  if (const auto given = number(rule.name)) return given;
  if (rule.kind == AccessRule::Kind::kGroup) {
    const group* const found = getgrnam(rule.name.c_str());
    return found == nullptr ? std::nullopt : std::optional<std::uint32_t>(found->gr_gid);
  }
  const passwd* const found = getpwnam(rule.name.c_str());
  return found == nullptr ? std::nullopt : std::optional<std::uint32_t>(found->pw_uid);
}

/// In a user namespace (PrivateUsers= of systemd) all users it does not map look like one.
bool can_be_told(const AccessRule& rule, std::uint32_t id) {
  const bool group = rule.kind == AccessRule::Kind::kGroup;
  std::ifstream map(group ? "/proc/self/gid_map" : "/proc/self/uid_map");
  std::uint64_t inside = 0, outside = 0, count = 0;
  bool any = false;
  while (map >> inside >> outside >> count) {
    any = true;
    if (id >= inside && id < inside + count) return true;
  }
  return !any;  // without namespaces there is no such file
}

bool contains(const std::vector<std::uint32_t>& list, std::uint32_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

Access::Access() : users_{0, geteuid()} {}

Status Access::add(std::string_view text) {
  const auto rules = config::access_rules(text);
  if (!rules) return absl::InvalidArgumentError("not a list of users and @groups");
  Access wider = *this;
  for (const AccessRule& rule : *rules) {
    if (rule.kind == AccessRule::Kind::kEverybody) {
      wider.everybody_ = true;
      continue;
    }
    const bool group = rule.kind == AccessRule::Kind::kGroup;
    const auto id = look_up(rule);
    if (!id) {
      return absl::NotFoundError(std::string("there is no ") + (group ? "group " : "user ") +
                                 rule.name + " on this host");
    }
    if (!can_be_told(rule, *id)) {
      return absl::FailedPreconditionError(
          "mehrd cannot tell " + rule.name +
          " from others under PrivateUsers=: use the group of mehrd's own user (@mehr), or set "
          "PrivateUsers=no in a drop-in of the unit");
    }
    (group ? wider.groups_ : wider.users_).push_back(*id);
  }
  *this = std::move(wider);
  return absl::OkStatus();
}

bool Access::allows(const reactor::PeerUser& user) const {
  return everybody_ || contains(users_, user.uid) ||
         std::any_of(user.groups.begin(), user.groups.end(),
                     [this](std::uint32_t group) { return contains(groups_, group); });
}

}  // namespace mehr::admin
