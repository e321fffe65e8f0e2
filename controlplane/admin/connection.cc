// The order of things for one admin client.
#include "controlplane/admin/connection.h"

#include "controlplane/admin/dispatch.h"

namespace mehr::admin {
namespace {

// One response of the greatest size must fit; more than one part is never queued on purpose.
constexpr std::size_t kQueueMax = api::kResponseBytesMax + api::kLengthBytes + 65'536;
constexpr std::size_t kPartAhead = 262'144;         // queue the next part when less than this waits
constexpr std::size_t kWatchBehindMax = 4U << 20U;  // events a watcher may be behind, bytes

}  // namespace

void Call::answer(api::ResponseT response) const {
  auto shared = std::make_shared<api::ResponseT>(std::move(response));
  deliver_([shared] { return std::move(*shared); });
}

void Call::fail(api::ErrorCode code, std::string text) const {
  answer(api::error_response(code, std::move(text)));
}

Connection::Connection(std::unique_ptr<reactor::Stream> stream, AdminBackend& backend,
                       border::Counters& counters, bool read_only)
    : stream_(std::move(stream)), backend_(backend), counters_(counters), read_only_(read_only) {
  stream_->set_queue_limit(kQueueMax);
}

void Connection::start(std::function<void()> gone) {
  gone_ = std::move(gone);
  stream_->start({
      .data = [this](ByteView data) { received(data); },
      .closed = [this](const Status&) { close(); },
      .drained = [this] { write_parts(); },
  });
}

void Connection::refuse(const std::string& why, std::function<void()> gone) {
  busy_ = true;
  start(std::move(gone));
  write(api::error_response(api::ErrorCode::Refused, why));
  stream_->finish();
}

void Connection::event(Topic topic, const Bytes& frame) {
  if (!watches(topic) || closed_) return;
  if (stream_->queued_bytes() + frame.size() > kWatchBehindMax || !stream_->write(frame)) {
    counters_.add(border::Counter::kAdminSlowClient);
    close();
  }
}

void Connection::received(ByteView data) {
  if (closed_) return;
  if (!reader_.append(data)) return malformed();
  serve();
}

// Answers may come while dispatch runs; the loop here then goes on, instead of one call inside
// another.
void Connection::serve() {
  if (serving_) return;
  serving_ = true;
  while (!busy_ && !closed_) {
    const auto body = reader_.next();
    if (!body) break;
    handle(*body);
  }
  serving_ = false;
}

void Connection::handle(const Bytes& body) {
  const auto request = api::decode_request(body);
  if (!request) return malformed();
  counters_.add(border::Counter::kAdminRequests);
  if (read_only_ && !is_question(*request)) {
    counters_.add(border::Counter::kAdminReadOnly);
    return write(api::error_response(
        api::ErrorCode::Refused,
        "this socket only answers questions: orders go to the admin socket, as root"));
  }
  busy_ = true;
  subscribe(*request);
  if (watches(kMessages)) return write(api::response_of(api::MessageEventT{}, false));
  const std::uint64_t number = ++call_number_;
  const std::weak_ptr<Connection> self = weak_from_this();
  dispatch(backend_, *request,
           Call(
               [self, number](PartSource parts) {
                 if (const auto connection = self.lock()) {
                   connection->deliver(number, std::move(parts));
                 }
               },
               self));
}

void Connection::subscribe(const api::RequestT& request) {
  if (request.body.type == api::RequestBody::MessageWatchRequest) topics_ |= kMessages;
  const auto* log = request.body.AsLogRequest();
  if (log != nullptr && log->follow) topics_ |= kLog;
  const auto* events = request.body.AsEventsRequest();
  if (events != nullptr && events->follow) topics_ |= kEvents;
  if (events != nullptr && events->follow && events->paths) topics_ |= kPathEvents;
}

void Connection::deliver(std::uint64_t number, PartSource parts) {
  if (closed_ || !busy_ || number != call_number_ || parts_) return;
  parts_ = std::move(parts);
  write_parts();
}

void Connection::write_parts() {
  while (parts_ && !closed_ && stream_->queued_bytes() < kPartAhead) {
    const api::ResponseT part = parts_();
    if (part.last || topics_ != 0) {
      parts_ = nullptr;
      busy_ = topics_ != 0;
    }
    write(part);
  }
  if (!busy_) serve();
}

void Connection::write(const api::ResponseT& response) {
  Bytes frame = api::encode_response(response);
  if (frame.empty()) {
    frame = api::encode_response(api::error_response(
        api::ErrorCode::Internal, "the answer is larger than a response may be"));
  }
  if (!stream_->write(frame)) {
    counters_.add(border::Counter::kAdminSlowClient);
    close();
  }
}

void Connection::malformed() {
  counters_.add(border::Counter::kAdminMalformed);
  close();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  parts_ = nullptr;
  gone_();
}

}  // namespace mehr::admin
