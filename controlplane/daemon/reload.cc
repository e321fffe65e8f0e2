// Read, compare, let the sockets refuse, apply the rest.
#include "controlplane/daemon/reload.h"

namespace mehr::daemon {
namespace {

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& one : list)
    out += (out.empty() ? "" : ", ") + one;
  return out;
}

void add(std::vector<std::string>& out, const std::vector<std::string>& interfaces,
         const std::string& what) {
  for (const std::string& name : interfaces)
    out.push_back("interface." + name + " " + what);
}

std::vector<std::string> words(const config::Difference& change) {
  std::vector<std::string> out = change.live;
  add(out, change.added, "added");
  add(out, change.changed, "changed");
  add(out, change.removed, "removed");
  return out;
}

std::string seconds(Duration duration) {
  return std::to_string(duration / 1s) + " s";
}

}  // namespace

Reload::Reload(reactor::Reactor& reactor, config::Config& running, std::vector<std::string> files,
               Hooks hooks)
    : reactor_(reactor), running_(running), files_(std::move(files)), hooks_(std::move(hooks)) {}

Reload::~Reload() {
  if (before_) reactor_.cancel(before_->timer);
}

std::optional<Time> Reload::confirm_until() const {
  return before_ ? std::optional(before_->until) : std::nullopt;
}

api::ConfigResponseT Reload::refuse(std::vector<std::string> errors) {
  hooks_.tell("refused",
              "nothing was changed: " + errors.front() + (errors.size() > 1 ? " and more" : ""));
  api::ConfigResponseT out;
  out.files = files_;
  out.errors = std::move(errors);
  return out;
}

api::ConfigResponseT Reload::reload(Duration confirm_within) {
  if (before_) {
    return refuse(
        {"the last reload waits for `mehr config confirm`: confirm it or let its time pass"});
  }
  const config::Parsed parsed = hooks_.read();
  if (!parsed.errors.empty()) {
    std::vector<std::string> errors;
    for (const auto& error : parsed.errors)
      errors.push_back(error.text());
    return refuse(std::move(errors));
  }
  const config::Difference change = config::difference(running_, parsed.config);
  const config::Config wanted = config::without_restart(running_, parsed.config);
  Before before{running_, files_, restart_needed_, {}, {}};
  if (const Status status = put_in_force(change, wanted); !status.ok()) {
    return refuse({std::string(status.message())});
  }
  files_ = parsed.files;
  restart_needed_ = change.restart;
  api::ConfigResponseT out;
  out.files = files_;
  out.applied = words(change);
  out.restart_needed = restart_needed_;
  std::string told = out.applied.empty() ? "nothing to apply" : "applied " + joined(out.applied);
  if (!restart_needed_.empty()) told += "; a restart is needed for " + joined(restart_needed_);
  if (confirm_within > Duration::zero() && !out.applied.empty()) {
    out.confirm_s = static_cast<std::uint32_t>(confirm_within / 1s);
    told += "; undone in " + seconds(confirm_within) + " unless confirmed";
    before.until = reactor_.now() + confirm_within;
    before.timer = reactor_.after(confirm_within, [this] { undo(); });
    before_ = std::move(before);
  }
  hooks_.tell("applied", told);
  return out;
}

Status Reload::put_in_force(const config::Difference& change, const config::Config& wanted) {
  if (const Status status = hooks_.sockets(wanted); !status.ok()) return status;
  running_ = wanted;
  hooks_.apply(change, running_);
  return absl::OkStatus();
}

Status Reload::confirm() {
  if (!before_) return absl::NotFoundError("no reload waits for a confirmation");
  reactor_.cancel(before_->timer);
  before_.reset();
  hooks_.tell("confirmed", "the configuration stays");
  return absl::OkStatus();
}

void Reload::undo() {
  Before before = *std::move(before_);
  before_.reset();
  const config::Difference change = config::difference(running_, before.config);
  if (const Status status = put_in_force(change, before.config); !status.ok()) {
    // Sockets that cannot go back stay; interfaces, by which one locks oneself out, must go back.
    hooks_.tell("undoing", std::string(status.message()));
    config::Config wanted = before.config;
    wanted.users = running_.users;
    wanted.readers = running_.readers;
    wanted.read_socket = running_.read_socket;
    wanted.metrics = running_.metrics;
    running_ = wanted;
    hooks_.apply(change, running_);
  }
  files_ = std::move(before.files);
  restart_needed_ = std::move(before.restart_needed);
  hooks_.tell("undone", "nobody confirmed: back to what was, " + joined(words(change)) +
                            "; the files still say otherwise");
}

}  // namespace mehr::daemon
