// Answers at once, or later when a path comes, a proof comes, or time is up.
#include "controlplane/daemon/operator.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "controlplane/admin/rows.h"
#include "core/api/codec.h"

namespace mehr::daemon {
namespace {

using admin::Call;
using api::ErrorCode;

constexpr std::size_t kWaitsMax = 1'024;      // 32 clients ask one question each; the rest is slack
constexpr std::size_t kPathsPerPart = 1'000;  // some 250 KiB
constexpr std::size_t kPartBytes = 262'144;   // of messages, unless one alone is longer

bool is_final(const endpoint::Message& message) {
  return message.state == endpoint::MessageState::kDelivered ||
         message.state == endpoint::MessageState::kFailed;
}

/// Takes out the waits `ready` holds for. They are answered afterwards, because a client may send
/// its next request with the first, and an answer then leads right back here.
template <typename Wait, typename Ready>
std::vector<Wait> take_ready(std::vector<Wait>& waits, Ready ready) {
  const auto split = std::stable_partition(waits.begin(), waits.end(),
                                           [&](const Wait& wait) { return !ready(wait); });
  std::vector<Wait> taken(std::make_move_iterator(split), std::make_move_iterator(waits.end()));
  waits.erase(split, waits.end());
  return taken;
}

api::DoneResponseT done(std::string text) {
  api::DoneResponseT response;
  response.text = std::move(text);
  return response;
}

std::uint64_t dropped(const border::Counters& counters) {
  std::uint64_t sum = 0;
  const auto table = border::counter_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].severity == border::Severity::drop) sum += counters.values()[i];
  }
  return sum;
}

}  // namespace

Operator::Operator(const config::Config& config, Node& node, Node::Parts parts)
    : config_(config),
      node_(node),
      parts_(parts),
      started_(parts.reactor.now()),
      delay_(parts.reactor) {}

void Operator::set_desk(Events& events, Reload& reload) {
  events_ = &events;
  reload_ = &reload;
}

Operator::~Operator() {
  parts_.reactor.cancel(timer_);
}

api::StatusResponseT Operator::status() {
  const Time now = parts_.reactor.now();
  const auto tables = node_.router().tables();
  api::StatusResponseT out;
  out.version = MEHR_VERSION;
  out.node_name = config_.node_name;
  out.uptime_s = to_seconds(now - started_);
  out.transport = config_.transport;
  out.identity_hash = to_hex(parts_.signer.identity_hash());
  for (const auto& destination : node_.endpoint().local_destinations()) {
    out.destinations.push_back(admin::destination_row(destination, now));
  }
  for (const auto& interface : node_.interfaces()) {
    if (!interface.parent.empty() || interface.state == interface::InterfaceState::kDisabled)
      continue;
    ++out.interfaces_total;
    if (interface.state == interface::InterfaceState::kUp) ++out.interfaces_up;
  }
  out.paths = tables.paths;
  out.links = tables.links;
  out.reverse = tables.reverse;
  out.announces_waiting = tables.announces + tables.queued;
  out.announces_held = tables.held;
  out.packet_hashes = tables.packet_hashes;
  out.tunnels = tables.tunnels;
  out.known_identities = tables.known_identities;
  out.endpoint_links = node_.endpoint().open_links();
  out.rx_packets = parts_.counters.value(border::Counter::kRxFrames);
  out.tx_packets = parts_.counters.value(border::Counter::kTxFrames);
  out.dropped = dropped(parts_.counters);
  if (reload_ == nullptr) return out;
  out.config_files = reload_->files();
  out.restart_needed = reload_->restart_needed();
  if (const auto until = reload_->confirm_until()) {
    out.confirm_within_s = to_seconds(std::max(*until - now, Duration::zero()));
  }
  return out;
}

api::InterfacesResponseT Operator::interfaces() {
  api::InterfacesResponseT out;
  for (const auto& report : node_.interfaces()) {
    out.interfaces.push_back(admin::interface_row(report));
  }
  return out;
}

api::IdentityResponseT Operator::identity() {
  api::IdentityResponseT out;
  out.identity_hash = to_hex(parts_.signer.identity_hash());
  out.public_key = to_hex(parts_.signer.identity());
  for (const auto& destination : node_.endpoint().local_destinations()) {
    out.destinations.push_back(admin::destination_row(destination, parts_.reactor.now()));
  }
  return out;
}

api::StatsResponseT Operator::stats() {
  return admin::stats_of(parts_.counters);
}

// The list of addresses is taken now; a row is looked up when its part is written.
admin::PartSource Operator::paths() {
  auto left = std::make_shared<std::vector<DestinationHash>>(node_.router().path_destinations());
  std::sort(left->begin(), left->end(), std::greater<>());
  return [this, left] {
    api::PathsResponseT part;
    while (!left->empty() && part.paths.size() < kPathsPerPart) {
      const DestinationHash destination = left->back();
      left->pop_back();
      const auto* entry = node_.router().path(destination);
      if (entry == nullptr) continue;
      part.paths.push_back(
          admin::path_row(*entry, node_.endpoint().peer_name(destination), parts_.reactor.now()));
    }
    return api::response_of(std::move(part), left->empty());
  };
}

void Operator::path(const DestinationHash& destination, const Call& call) {
  const auto* entry = node_.router().path(destination);
  if (entry == nullptr) {
    return call.fail(ErrorCode::NotFound, "no path to " + to_hex(destination) +
                                              " is known: ask for it with `mehr path request`");
  }
  api::PathsResponseT response;
  response.paths.push_back(
      admin::path_row(*entry, node_.endpoint().peer_name(destination), parts_.reactor.now()));
  call.answer(api::response_of(std::move(response)));
}

void Operator::request_path(const DestinationHash& destination, Duration timeout,
                            const Call& call) {
  if (too_many_wait(call)) return;
  const Time now = parts_.reactor.now();
  path_waits_.push_back({destination, now, now + timeout, call});
  if (node_.router().path(destination) != nullptr) return path_known(destination);
  set_timer();
  node_.turn([this, destination](Time turn_now) {
    node_.router().request_path(destination, turn_now, true);
  });
}

void Operator::path_known(const DestinationHash& destination) {
  const auto* known = node_.router().path(destination);
  if (known == nullptr) return;
  if (events_ != nullptr && events_->paths_watched()) {
    events_->path(to_hex(destination), "known",
                  std::to_string(known->hops) + " hops over " + known->interface_name);
  }
  const auto ready = take_ready(
      path_waits_, [&](const PathWait& wait) { return wait.destination == destination; });
  if (ready.empty()) return;
  const routing::PathEntry entry = *known;  // an answered client may have it dropped next
  const Time now = parts_.reactor.now();
  for (const PathWait& wait : ready) {
    api::PathFoundResponseT found;
    found.path = admin::path_row(entry, node_.endpoint().peer_name(destination), now);
    found.elapsed_ms = to_seconds(now - wait.started) * 1000;
    wait.call.answer(api::response_of(std::move(found)));
  }
}

void Operator::drop_path(const DestinationHash& destination, const Call& call) {
  node_.turn([this, destination, call](Time) {
    if (node_.router().drop_path(destination)) {
      call.answer(api::response_of(done("forgot the path to " + to_hex(destination))));
    } else {
      call.fail(ErrorCode::NotFound, "no path to " + to_hex(destination) + " is known");
    }
  });
}

void Operator::announce(const Call& call) {
  node_.turn([this, call](Time now) {
    node_.endpoint().announce(now);
    const auto count = node_.endpoint().local_destinations().size();
    call.answer(api::response_of(done("announced " + std::to_string(count) + " destinations")));
  });
}

void Operator::ping(const DestinationHash& destination, std::size_t size, Duration timeout,
                    const Call& call) {
  const auto answered = [this, destination, call](const endpoint::PingResult& result) {
    if (!result.answered) {
      const bool no_path = node_.router().path(destination) == nullptr;
      return call.fail(no_path ? ErrorCode::NotFound : ErrorCode::Timeout,
                       "no reply from " + to_hex(destination) + ": " + result.reason);
    }
    api::PingResponseT response;
    response.hops = result.hops;
    response.rtt_ms = result.rtt_ms;
    response.wire_bytes = static_cast<std::uint32_t>(result.wire_bytes);
    response.rssi_dbm = result.signal.rssi_dbm.value_or(std::numeric_limits<double>::quiet_NaN());
    response.snr_db = result.signal.snr_db.value_or(std::numeric_limits<double>::quiet_NaN());
    call.answer(api::response_of(std::move(response)));
  };
  node_.turn([this, destination, size, timeout, answered](Time now) {
    node_.endpoint().ping(destination, size, timeout, answered, now);
  });
}

void Operator::send_message(const DestinationHash& destination, std::string title,
                            std::string content, Duration wait, const Call& call) {
  if (!config_.messages) {
    return call.fail(ErrorCode::Refused,
                     "messages are switched off: set messages = true in [endpoint]");
  }
  if (too_many_wait(call)) return;
  node_.turn([this, destination, title = std::move(title), content = std::move(content), wait,
              call](Time now) {
    const auto message = node_.endpoint().send_message(destination, title, content, now);
    if (!message.ok()) {
      const bool busy = absl::IsResourceExhausted(message.status());
      return call.fail(busy ? ErrorCode::Busy : ErrorCode::BadRequest,
                       std::string(message.status().message()));
    }
    // The operator hears of it only once it would survive a crash.
    parts_.store.put_message(
        *message, [this, message = *message, wait, call](const Status& stored) {
          if (!stored.ok()) {
            return call.fail(ErrorCode::Internal, "the message is sent but not stored: " +
                                                      std::string(stored.message()));
          }
          queued(message, wait, call);
        });
  });
}

void Operator::queued(const endpoint::Message& message, Duration wait, const Call& call) {
  if (wait <= Duration{} || is_final(message)) return answer_message(message, call);
  message_waits_.push_back({message, parts_.reactor.now() + wait, call});
  set_timer();
}

void Operator::message(const endpoint::Message& message) {
  for (MessageWait& wait : message_waits_) {
    if (wait.message.id == message.id) wait.message = message;
  }
  if (!is_final(message)) return;
  const auto ready = take_ready(
      message_waits_, [&](const MessageWait& wait) { return wait.message.id == message.id; });
  for (const MessageWait& wait : ready)
    answer_message(wait.message, wait.call);
}

void Operator::answer_message(const endpoint::Message& message, const Call& call) {
  api::MessageResponseT response;
  response.message = std::make_unique<api::MessageT>(
      admin::message_row(message, node_.endpoint().peer_name(message.source)));
  call.answer(api::response_of(std::move(response)));
}

void Operator::list_messages(std::size_t limit, const Call& call) {
  parts_.store.list_messages(limit, [this, call](Result<std::vector<endpoint::Message>> loaded) {
    if (!loaded.ok()) return call.fail(ErrorCode::Internal, std::string(loaded.status().message()));
    auto messages = std::make_shared<std::vector<endpoint::Message>>(std::move(*loaded));
    call.answer_parts([this, messages, next = std::size_t{0}]() mutable {
      api::MessageListResponseT part;
      for (std::size_t bytes = 0; next < messages->size() && bytes < kPartBytes; ++next) {
        const auto& message = (*messages)[next];
        bytes += message.content.size() + message.title.size() + 256;
        part.messages.push_back(std::make_unique<api::MessageT>(
            admin::message_row(message, node_.endpoint().peer_name(message.source))));
      }
      return api::response_of(std::move(part), next == messages->size());
    });
  });
}

bool Operator::too_many_wait(const Call& call) {
  if (path_waits_.size() + message_waits_.size() < kWaitsMax) return false;
  std::erase_if(path_waits_, [](const PathWait& wait) { return !wait.call.wanted(); });
  std::erase_if(message_waits_, [](const MessageWait& wait) { return !wait.call.wanted(); });
  if (path_waits_.size() + message_waits_.size() < kWaitsMax) return false;
  call.fail(ErrorCode::Busy, "too many requests wait already: try again later");
  return true;
}

void Operator::expire() {
  const Time now = parts_.reactor.now();
  const auto late_paths =
      take_ready(path_waits_, [&](const PathWait& wait) { return now >= wait.until; });
  const auto late_messages =
      take_ready(message_waits_, [&](const MessageWait& wait) { return now >= wait.until; });
  for (const PathWait& wait : late_paths) {
    wait.call.fail(ErrorCode::Timeout, "no path to " + to_hex(wait.destination) + " within " +
                                           std::to_string((wait.until - wait.started) / 1s) + " s");
  }
  for (const MessageWait& wait : late_messages)
    answer_message(wait.message, wait.call);
  set_timer();
}

void Operator::set_timer() {
  parts_.reactor.cancel(timer_);
  timer_ = {};
  Time due = Time::max();
  for (const auto& wait : path_waits_)
    due = std::min(due, wait.until);
  for (const auto& wait : message_waits_)
    due = std::min(due, wait.until);
  if (due != Time::max()) timer_ = parts_.reactor.at(due, [this] { expire(); });
}

}  // namespace mehr::daemon
