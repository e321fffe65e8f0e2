// Finding by prefix, and the words when that fails.
#include "controlplane/admin/named.h"

#include <algorithm>

namespace mehr::admin {
namespace {

constexpr std::size_t kChoicesShown = 10;

std::string choices_text(const std::vector<IdentityHash>& choices) {
  std::string out;
  for (std::size_t i = 0; i < std::min(choices.size(), kChoicesShown); ++i)
    out += "\n  " + to_hex(choices[i]);
  if (choices.size() > kChoicesShown) {
    out += "\n  and " + std::to_string(choices.size() - kChoicesShown) + " more";
  }
  return out;
}

}  // namespace

std::optional<std::vector<IdentityHash>> named(const std::vector<IdentityHash>& known,
                                               const std::string& prefix, const Call& call) {
  if (prefix.empty()) return known;
  std::vector<IdentityHash> out;
  for (const IdentityHash& identity : known) {
    if (to_hex(identity).starts_with(prefix)) out.push_back(identity);
  }
  if (out.size() == 1) return out;
  if (out.empty()) {
    call.fail(api::ErrorCode::NotFound, "no neighbour's identity begins with " + prefix +
                                            ": `mehr link` lists those that are linked, `mehr link "
                                            "history` also those that are gone");
  } else {
    call.fail(api::ErrorCode::BadRequest, std::to_string(out.size()) + " identities begin with " +
                                              prefix + ": give more digits of one of" +
                                              choices_text(out));
  }
  return std::nullopt;
}

}  // namespace mehr::admin
