// What the admin socket can ask of the daemon, as an interface: the server parses and frames,
// whoever implements this knows the answers. Called on the reactor thread only.
#pragma once

#include <gateway_generated.h>

#include <functional>
#include <memory>
#include <string>

#include "controlplane/routing/score.h"
#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::admin {

/// The parts of an answer in order, made one at a time as the client reads them; the part with
/// `last` set is the final one. Lives no longer than the connection it answers.
using PartSource = std::function<api::ResponseT()>;

/// One waiting request: answer it once, now or later; a second answer is ignored, and so is one to
/// a client that has left.
class Call {
 public:
  Call(std::function<void(PartSource)> deliver, std::weak_ptr<const void> client)
      : deliver_(std::move(deliver)), client_(std::move(client)) {}

  void answer(api::ResponseT response) const;
  void answer_parts(PartSource parts) const { deliver_(std::move(parts)); }
  void fail(api::ErrorCode code, std::string text) const;
  /// False once the client has left: nobody needs the answer any more.
  [[nodiscard]] bool wanted() const { return !client_.expired(); }

 private:
  std::function<void(PartSource)> deliver_;
  std::weak_ptr<const void> client_;
};

class AdminBackend {
 public:
  virtual ~AdminBackend() = default;
  virtual api::StatusResponseT status() = 0;
  virtual api::InterfacesResponseT interfaces() = 0;
  virtual api::IdentityResponseT identity() = 0;
  virtual api::StatsResponseT stats() = 0;
  virtual api::DataplaneResponseT dataplane() = 0;
  /// The whole path table, in parts.
  virtual PartSource paths() = 0;
  /// One path; NotFound when there is none.
  virtual void path(const DestinationHash& destination, const Call& call) = 0;
  /// Asks the network and answers PathFound, or Timeout after `timeout`.
  virtual void request_path(const DestinationHash& destination, Duration timeout,
                            const Call& call) = 0;
  virtual void drop_path(const DestinationHash& destination, const Call& call) = 0;
  virtual void announce(const Call& call) = 0;
  /// @param size payload bytes of the probe
  virtual void ping(const DestinationHash& destination, std::size_t size, Duration timeout,
                    const Call& call) = 0;
  /// Queues a message; answers with its state once it is final or `wait` is over.
  virtual void send_message(const DestinationHash& destination, std::string title,
                            std::string content, Duration wait, const Call& call) = 0;
  virtual void list_messages(std::size_t limit, const Call& call) = 0;
  virtual api::PeersResponseT peers() = 0;
  /// @param prefix of a neighbour's identity hash, lower case; empty = all. NotFound when it fits
  ///        none, BadRequest with the choices when several
  virtual void links(const std::string& prefix, const Call& call) = 0;
  /// The newest events, oldest first, also of neighbours that are gone; `prefix` as in links().
  virtual void link_history(const std::string& prefix, std::size_t limit, const Call& call) = 0;
  /// Begins to agree on new keys and answers with the link as it is. @param prefix not empty
  virtual void rekey_link(const std::string& prefix, const Call& call) = 0;
  /// @param prefix not empty
  virtual void drop_link(const std::string& prefix, const Call& call) = 0;
  /// Every way to the destination and why one is used; NotFound when there is none.
  virtual void explain_path(const DestinationHash& destination, routing::PathPolicy policy,
                            const Call& call) = 0;
  /// The newest lines of at least that severity, oldest first.
  virtual api::LogResponseT log(std::size_t limit, const std::string& level) = 0;
  /// The newest events, oldest first.
  virtual api::EventsResponseT events(std::size_t limit) = 0;
  /// Answers ConfigResponse; zero: what is applied stays.
  virtual void reload(Duration confirm_within, const Call& call) = 0;
  virtual void confirm(const Call& call) = 0;
};

}  // namespace mehr::admin
