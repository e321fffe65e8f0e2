// The sockets operators use: the admin socket, the read-only one, the metrics page, and who may use
// each. Owns the three servers; what they answer is the backend's. Reactor thread.
#pragma once

#include <memory>
#include <string>

#include "controlplane/admin/server.h"
#include "controlplane/metrics/server.h"
#include "core/config/config.h"
#include "core/config/locations.h"

namespace mehr::daemon {

class Sockets {
 public:
  struct Parts {
    reactor::Reactor& reactor;
    border::Counters& counters;
    admin::AdminBackend& backend;
    std::function<std::string()> metrics_page;
  };
  /// All references must outlive the sockets.
  explicit Sockets(Parts parts) : parts_(std::move(parts)) {}

  /// Opens what the configuration wants. A metrics page or read-only socket that cannot be opened,
  /// and names of users that do not exist, are logged; without admin socket there is an error.
  Status open(const config::Config& config, const config::Locations& places);
  /// Goes over to another configuration: completely, or with an error and not at all.
  Status change(const config::Config& config, const config::Locations& places);

  void event(admin::Topic topic, const Bytes& frame) const;
  [[nodiscard]] bool watched(admin::Topic topic) const;
  /// Where the metrics page is served; empty when it is not.
  [[nodiscard]] std::string metrics_address() const;

 private:
  Result<std::unique_ptr<admin::AdminServer>> listen(const std::string& path, unsigned mode,
                                                     bool read_only, const admin::Access& access);
  Result<std::unique_ptr<metrics::Server>> listen_metrics(const std::string& place);

  Parts parts_;
  std::string admin_path_, read_path_, metrics_place_;  ///< as they are now
  admin::Access readers_;
  std::unique_ptr<admin::AdminServer> admin_, reader_;
  std::unique_ptr<metrics::Server> metrics_;
};

}  // namespace mehr::daemon
