// A ring and one frame an event.
#include "controlplane/daemon/events.h"

#include "core/api/codec.h"

namespace mehr::daemon {
namespace {

double seconds_of(UnixTime time) {
  return static_cast<double>(time.time_since_epoch().count()) / 1e6;
}

api::EventT event_of(UnixTime time, std::string kind, std::string subject, std::string state,
                     std::string text) {
  api::EventT out;
  out.time = seconds_of(time);
  out.kind = std::move(kind);
  out.subject = std::move(subject);
  out.state = std::move(state);
  out.text = std::move(text);
  return out;
}

}  // namespace

void Events::add(std::string kind, std::string subject, std::string state, std::string text) {
  kept_.push_back(
      event_of(out_.now(), std::move(kind), std::move(subject), std::move(state), std::move(text)));
  if (kept_.size() > kKept) kept_.pop_front();
  send(admin::kEvents, kept_.back());
}

void Events::path(std::string destination, std::string state, std::string text) {
  send(admin::kPathEvents,
       event_of(out_.now(), "path", std::move(destination), std::move(state), std::move(text)));
}

api::EventsResponseT Events::recent(std::size_t limit) const {
  api::EventsResponseT out;
  const std::size_t skipped = kept_.size() > limit ? kept_.size() - limit : 0;
  for (std::size_t i = skipped; i < kept_.size(); ++i)
    out.events.push_back(std::make_unique<api::EventT>(kept_[i]));
  return out;
}

void Events::send(admin::Topic topic, const api::EventT& event) {
  if (!out_.watched(topic)) return;
  api::EventsResponseT response;
  response.events.push_back(std::make_unique<api::EventT>(event));
  out_.send(topic, api::encode_response(api::response_of(std::move(response), false)));
}

}  // namespace mehr::daemon
