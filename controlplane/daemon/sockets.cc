// Everything that can fail is done before anything is replaced.
#include "controlplane/daemon/sockets.h"

#include <sys/stat.h>

#include "controlplane/daemon/patiently.h"
#include "controlplane/log/log.h"

namespace mehr::daemon {
namespace {

constexpr unsigned kPrivate = 0600;
constexpr unsigned kAsked = 0666;  // everybody may knock; who it is decides

unsigned admin_mode(const config::Config& config) {
  return config.users.empty() ? kPrivate : kAsked;
}

std::string text(const Status& status) {
  return std::string(status.message());
}

struct Rules {
  admin::Access users, readers;
  Status status;
};

Rules rules_of(const config::Config& config) {
  Rules out;
  out.status = out.users.add(config.users);
  out.readers = out.users;
  if (Status readers = out.readers.add(config.readers); out.status.ok()) out.status = readers;
  return out;
}

}  // namespace

Result<std::unique_ptr<admin::AdminServer>> Sockets::listen(const std::string& path, unsigned mode,
                                                            bool read_only,
                                                            const admin::Access& access) {
  return admin::AdminServer::start(
      {.path = path, .mode = mode, .read_only = read_only, .access = access}, parts_.reactor,
      parts_.backend, parts_.counters);
}

Result<std::unique_ptr<metrics::Server>> Sockets::listen_metrics(const std::string& place) {
  if (place.empty()) return nullptr;
  const auto where = config::metrics_place(place);
  if (!where) return absl::InvalidArgumentError("no place for the metrics page: " + place);
  metrics::ServerOptions options;
  options.place = *where;
  options.allowed = [this](const reactor::PeerUser& user) { return readers_.allows(user); };
  options.page = parts_.metrics_page;
  return metrics::Server::start(std::move(options), parts_.reactor, parts_.counters);
}

Status Sockets::open(const config::Config& config, const config::Locations& places) {
  Rules rules = rules_of(config);
  if (!rules.status.ok()) {
    log::warn("[operator]: " + text(rules.status) + "; root and mehrd's own user are served");
  }
  // One that was killed may listen a moment longer than its process id lives.
  auto admin = patiently(
      [&] { return listen(places.admin_socket, admin_mode(config), false, rules.users); });
  if (!admin.ok()) return admin.status();
  admin_ = std::move(*admin);
  admin_path_ = places.admin_socket;
  readers_ = rules.readers;
  if (auto reader = patiently([&] { return listen(places.read_socket, kAsked, true, readers_); });
      reader.ok()) {
    reader_ = std::move(*reader);
    read_path_ = places.read_socket;
  } else {
    log::warn("no read-only socket: " + text(reader.status()));
  }
  if (auto metrics = listen_metrics(config.metrics); metrics.ok()) {
    metrics_ = std::move(*metrics);
    metrics_place_ = config.metrics;
  } else {
    log::warn("no metrics page: " + text(metrics.status()));
  }
  return absl::OkStatus();
}

Status Sockets::change(const config::Config& config, const config::Locations& places) {
  Rules rules = rules_of(config);
  if (!rules.status.ok()) return rules.status;
  std::unique_ptr<admin::AdminServer> reader;
  std::unique_ptr<metrics::Server> metrics;
  if (places.read_socket != read_path_) {
    auto made = listen(places.read_socket, kAsked, true, rules.readers);
    if (!made.ok()) return made.status();
    reader = std::move(*made);
  }
  if (config.metrics != metrics_place_) {
    auto made = listen_metrics(config.metrics);
    if (!made.ok()) return made.status();
    metrics = std::move(*made);
  }
  // From here on nothing fails.
  admin_->set_access(rules.users);
  ::chmod(admin_path_.c_str(), static_cast<mode_t>(admin_mode(config)));
  readers_ = rules.readers;
  if (places.read_socket != read_path_) {
    reader_ = std::move(reader);
    read_path_ = places.read_socket;
  } else if (reader_) {
    reader_->set_access(readers_);
  }
  if (config.metrics != metrics_place_) {
    metrics_ = std::move(metrics);
    metrics_place_ = config.metrics;
  }
  return absl::OkStatus();
}

void Sockets::event(admin::Topic topic, const Bytes& frame) const {
  if (frame.empty()) return;
  if (admin_) admin_->event(topic, frame);
  if (reader_) reader_->event(topic, frame);
}

bool Sockets::watched(admin::Topic topic) const {
  return (admin_ && admin_->watched(topic)) || (reader_ && reader_->watched(topic));
}

std::string Sockets::metrics_address() const {
  return metrics_ ? metrics_->address() : "";
}

}  // namespace mehr::daemon
