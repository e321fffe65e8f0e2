// Another configuration for a running gateway: read, checked, compared, applied as a whole or
// refused as a whole, and undone by itself when it was to be confirmed and was not. Owns the
// configuration in force. Reactor thread.
#pragma once

#include <gateway_generated.h>

#include <functional>
#include <optional>
#include <string>

#include "controlplane/reactor/reactor.h"
#include "core/base/result.h"
#include "core/config/config.h"
#include "core/config/difference.h"

namespace mehr::daemon {

class Reload {
 public:
  struct Hooks {
    std::function<config::Parsed()> read;
    /// Can refuse, and must then have changed nothing.
    std::function<Status(const config::Config& wanted)> sockets;
    /// Cannot refuse.
    std::function<void(const config::Difference&, const config::Config& wanted)> apply;
    /// One sentence for the log and for `mehr events`. @param state "applied", "refused", ...
    std::function<void(const std::string& state, const std::string& text)> tell;
  };
  /// `reactor` and `running`, which is changed by what is applied, must outlive it.
  Reload(reactor::Reactor& reactor, config::Config& running, std::vector<std::string> files,
         Hooks hooks);
  ~Reload();
  Reload(const Reload&) = delete;
  Reload& operator=(const Reload&) = delete;

  /// @param confirm_within zero, or how long to wait for confirm() before what was is restored
  api::ConfigResponseT reload(Duration confirm_within);
  /// @return an error when nothing waits for it
  Status confirm();

  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  /// Keys whose value in the file is not the one in force.
  [[nodiscard]] const std::vector<std::string>& restart_needed() const { return restart_needed_; }
  /// Until when a confirmation is awaited.
  [[nodiscard]] std::optional<Time> confirm_until() const;

 private:
  struct Before {
    config::Config config;
    std::vector<std::string> files, restart_needed;
    Time until;
    reactor::TimerId timer;
  };
  api::ConfigResponseT refuse(std::vector<std::string> errors);
  Status put_in_force(const config::Difference& change, const config::Config& wanted);
  void undo();

  reactor::Reactor& reactor_;
  config::Config& running_;
  std::vector<std::string> files_, restart_needed_;
  Hooks hooks_;
  std::optional<Before> before_;
};

}  // namespace mehr::daemon
