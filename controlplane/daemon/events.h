// What happened to the gateway, for operators: changes of state of interfaces, neighbours, paths,
// configuration and the daemon. Keeps the newest, path changes apart, and tells those who watch.
// Reactor thread.
#pragma once

#include <gateway_generated.h>

#include <deque>
#include <functional>
#include <string>

#include "controlplane/admin/connection.h"
#include "core/base/time.h"

namespace mehr::daemon {

class Events {
 public:
  static constexpr std::size_t kKept = 1'000;  ///< then the oldest go

  struct Out {
    std::function<UnixTime()> now;
    std::function<bool(admin::Topic)> watched;
    std::function<void(admin::Topic, const Bytes& frame)> send;
  };
  explicit Events(Out out) : out_(std::move(out)) {}

  /// @param kind "interface", "neighbour", "configuration", "daemon": kept and sent to who watches
  void add(std::string kind, std::string subject, std::string state, std::string text);
  /// Sent to who watches, not kept: paths change by the thousand.
  void path(std::string destination, std::string state, std::string text);
  [[nodiscard]] bool paths_watched() const { return out_.watched(admin::kPathEvents); }
  /// The newest `limit` kept ones, oldest first.
  [[nodiscard]] api::EventsResponseT recent(std::size_t limit) const;

 private:
  void send(admin::Topic topic, const api::EventT& event);

  Out out_;
  std::deque<api::EventT> kept_;
};

}  // namespace mehr::daemon
