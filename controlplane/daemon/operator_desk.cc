// The operator's part that is about running the daemon: log, events, reload, the metrics page.
#include "controlplane/daemon/operator.h"
#include "controlplane/daemon/process_use.h"
#include "controlplane/metrics/page.h"
#include "core/api/codec.h"

namespace mehr::daemon {
namespace {

using api::ErrorCode;

std::unique_ptr<api::LogLineT> row_of(const log::Line& line) {
  auto out = std::make_unique<api::LogLineT>();
  out->time = static_cast<double>(line.time.time_since_epoch().count()) / 1e6;
  out->level = std::string(log::level_name(line.level));
  out->text = line.text;
  return out;
}

}  // namespace

Bytes Operator::log_frame(const log::Line& line) {
  api::LogResponseT response;
  response.lines.push_back(row_of(line));
  return api::encode_response(api::response_of(std::move(response), false));
}

api::LogResponseT Operator::log(std::size_t limit, const std::string& level) {
  api::LogResponseT out;
  for (const log::Line& line : log::recent(limit, log::level_from_name(level)))
    out.lines.push_back(row_of(line));
  return out;
}

api::EventsResponseT Operator::events(std::size_t limit) {
  return events_ == nullptr ? api::EventsResponseT() : events_->recent(limit);
}

void Operator::reload(Duration confirm_within, const admin::Call& call) {
  if (reload_ == nullptr) return call.fail(ErrorCode::Internal, "this node has no configuration");
  call.answer(api::response_of(reload_->reload(confirm_within)));
}

void Operator::confirm(const admin::Call& call) {
  if (reload_ == nullptr) return call.fail(ErrorCode::Internal, "this node has no configuration");
  if (const Status status = reload_->confirm(); !status.ok()) {
    return call.fail(ErrorCode::NotFound, std::string(status.message()));
  }
  api::DoneResponseT done;
  done.text = "the configuration stays";
  call.answer(api::response_of(std::move(done)));
}

std::string Operator::metrics_page() {
  metrics::Figures figures;
  figures.status = status();
  figures.interfaces = interfaces();
  figures.process = process_use();
  figures.reactor_delay_s = to_seconds(delay_.worst());
  return metrics::page(parts_.counters, figures);
}

}  // namespace mehr::daemon
