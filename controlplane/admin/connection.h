// One client of the admin socket: cuts its bytes into requests, has them answered one after another
// in the order they came, and writes the answers no faster than the client reads. Made by the
// server; reactor thread.
#pragma once

#include <functional>
#include <memory>

#include "controlplane/admin/backend.h"
#include "controlplane/reactor/reactor.h"
#include "core/api/codec.h"
#include "core/border/counters.h"

namespace mehr::admin {

/// What a client may watch, as bits.
enum Topic : unsigned { kMessages = 1, kLog = 2, kEvents = 4, kPathEvents = 8 };

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// @param read_only answer questions, refuse orders
  Connection(std::unique_ptr<reactor::Stream> stream, AdminBackend& backend,
             border::Counters& counters, bool read_only);

  /// Starts serving. Both references of the constructor must outlive the connection.
  /// @param gone called once when the connection is over; it must not destroy the connection at
  /// once
  void start(std::function<void()> gone);
  /// Answers Refused and ends, whatever the client asks.
  void refuse(const std::string& why, std::function<void()> gone);
  /// Sends an event if this client watches the topic; a client too far behind is closed.
  void event(Topic topic, const Bytes& frame);
  [[nodiscard]] bool watches(Topic topic) const { return (topics_ & topic) != 0; }

 private:
  void received(ByteView data);
  void serve();
  void handle(const Bytes& body);
  void subscribe(const api::RequestT& request);
  void deliver(std::uint64_t number, PartSource parts);
  void write_parts();
  void write(const api::ResponseT& response);
  void malformed();
  void close();

  std::unique_ptr<reactor::Stream> stream_;
  AdminBackend& backend_;
  border::Counters& counters_;
  std::function<void()> gone_;
  api::FrameReader reader_{api::kRequestBytesMax};
  PartSource parts_;  ///< of the answer being written
  std::uint64_t call_number_ = 0;
  bool busy_ = false;  ///< a request waits for its answer
  bool serving_ = false;
  bool read_only_;
  unsigned topics_ = 0;  ///< of Topic; a client that watches asks nothing more
  bool closed_ = false;
};

}  // namespace mehr::admin
