// The daemon's answers to the admin socket: reads the node for questions, turns orders into
// endpoint and router calls, and keeps those who wait for a path or a message. Reactor thread.
#pragma once

#include <functional>
#include <vector>

#include "controlplane/admin/backend.h"
#include "controlplane/daemon/events.h"
#include "controlplane/daemon/node.h"
#include "controlplane/daemon/reload.h"
#include "controlplane/log/log.h"
#include "controlplane/metrics/delay_meter.h"
#include "core/config/config.h"

namespace mehr::daemon {

class Operator final : public admin::AdminBackend {
 public:
  /// All references must outlive the operator.
  Operator(const config::Config& config, Node& node, Node::Parts parts);
  ~Operator() override;

  /// What the daemon keeps besides the node; both must outlive the operator.
  void set_desk(Events& events, Reload& reload);
  /// The page for Prometheus.
  [[nodiscard]] std::string metrics_page();

  /// One line of the log, ready for those who follow it.
  static Bytes log_frame(const log::Line& line);

  /// Somebody may be waiting for it.
  void path_known(const DestinationHash& destination);
  void message(const endpoint::Message& message);

  api::StatusResponseT status() override;
  api::InterfacesResponseT interfaces() override;
  api::IdentityResponseT identity() override;
  api::StatsResponseT stats() override;
  api::DataplaneResponseT dataplane() override;
  admin::PartSource paths() override;
  void path(const DestinationHash& destination, const admin::Call& call) override;
  void request_path(const DestinationHash& destination, Duration timeout,
                    const admin::Call& call) override;
  void drop_path(const DestinationHash& destination, const admin::Call& call) override;
  void announce(const admin::Call& call) override;
  void ping(const DestinationHash& destination, std::size_t size, Duration timeout,
            const admin::Call& call) override;
  void send_message(const DestinationHash& destination, std::string title, std::string content,
                    Duration wait, const admin::Call& call) override;
  void list_messages(std::size_t limit, const admin::Call& call) override;
  api::PeersResponseT peers() override;
  void links(const std::string& prefix, const admin::Call& call) override;
  void link_history(const std::string& prefix, std::size_t limit, const admin::Call& call) override;
  void rekey_link(const std::string& prefix, const admin::Call& call) override;
  void drop_link(const std::string& prefix, const admin::Call& call) override;
  void explain_path(const DestinationHash& destination, routing::PathPolicy policy,
                    const admin::Call& call) override;
  api::LogResponseT log(std::size_t limit, const std::string& level) override;
  api::EventsResponseT events(std::size_t limit) override;
  void reload(Duration confirm_within, const admin::Call& call) override;
  void confirm(const admin::Call& call) override;

 private:
  struct PathWait {
    DestinationHash destination;
    Time started, until;
    admin::Call call;
  };
  struct MessageWait {
    endpoint::Message message;  ///< its newest state
    Time until;
    admin::Call call;
  };

  void answer_message(const endpoint::Message& message, const admin::Call& call);
  void queued(const endpoint::Message& message, Duration wait, const admin::Call& call);
  /// Display name a neighbour announced, or empty.
  [[nodiscard]] std::string name_of(const IdentityHash& identity) const;
  [[nodiscard]] std::unique_ptr<api::LinkT> link_of(const neighbour::NeighbourRow& row) const;
  /// Runs `work` as a turn for the one living link `prefix` means, or answers why not.
  void on_link(const std::string& prefix, const admin::Call& call,
               std::function<void(const neighbour::NeighbourRow& row, Time now)> work);
  [[nodiscard]] bool too_many_wait(const admin::Call& call);
  void expire();
  void set_timer();

  const config::Config& config_;
  Node& node_;
  Node::Parts parts_;
  Time started_;
  metrics::DelayMeter delay_;
  Events* events_ = nullptr;
  Reload* reload_ = nullptr;
  std::vector<PathWait> path_waits_;
  std::vector<MessageWait> message_waits_;
  reactor::TimerId timer_;
};

}  // namespace mehr::daemon
