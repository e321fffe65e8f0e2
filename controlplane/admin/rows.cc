// Field by field; absent measurements become NaN, as the schema says.
#include "controlplane/admin/rows.h"

#include <limits>

namespace mehr::admin {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

std::string_view path_state_name(routing::PathState state) {
  switch (state) {
    case routing::PathState::kUnresponsive:
      return "unresponsive";
    case routing::PathState::kResponsive:
      return "responsive";
    case routing::PathState::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view severity_name(border::Severity severity) {
  switch (severity) {
    case border::Severity::info:
      return "info";
    case border::Severity::drop:
      return "drop";
    case border::Severity::warn:
      return "warn";
    case border::Severity::error:
      break;
  }
  return "error";
}

std::unique_ptr<api::RadioT> radio_row(const interface::RadioReport& report) {
  auto row = std::make_unique<api::RadioT>();
  row->firmware = report.firmware;
  row->platform = report.platform;
  row->rssi_dbm = report.rssi_dbm.value_or(kAbsent);
  row->snr_db = report.snr_db.value_or(kAbsent);
  row->airtime_short_percent = report.airtime_short_percent.value_or(kAbsent);
  row->airtime_long_percent = report.airtime_long_percent.value_or(kAbsent);
  row->channel_load_short_percent = report.channel_load_short_percent.value_or(kAbsent);
  row->channel_load_long_percent = report.channel_load_long_percent.value_or(kAbsent);
  row->noise_floor_dbm = report.noise_floor_dbm.value_or(kAbsent);
  row->battery_percent = report.battery_percent.value_or(-1);
  row->temperature_c = report.temperature_c.value_or(kAbsent);
  row->airtime_sent_s = report.airtime_sent_seconds;
  return row;
}

}  // namespace

std::unique_ptr<api::PathT> path_row(const routing::PathEntry& entry, std::string name, Time now) {
  auto row = std::make_unique<api::PathT>();
  row->destination = to_hex(entry.destination);
  row->next_hop = to_hex(entry.next_hop);
  row->hops = entry.hops;
  row->interface = entry.interface_name;
  row->state = std::string(path_state_name(entry.state));
  row->age_s = to_seconds(now - entry.learned);
  row->used_s_ago = to_seconds(now - entry.last_used);
  row->expires_in_s = to_seconds(entry.expires - now);
  row->name = std::move(name);
  return row;
}

std::unique_ptr<api::InterfaceT> interface_row(const interface::InterfaceReport& report) {
  auto row = std::make_unique<api::InterfaceT>();
  row->name = report.name;
  row->kind = report.kind;
  row->parent = report.parent;
  row->detail = report.detail;
  row->mode = report.mode;
  row->state = std::string(interface::state_name(report.state));
  row->reason = report.reason;
  row->state_age_s = to_seconds(report.state_age);
  row->bitrate_bps = report.bitrate_bps;
  row->mtu = report.mtu;
  row->access_code = report.access_code;
  row->rx_packets = report.rx_packets;
  row->rx_bytes = report.rx_bytes;
  row->tx_packets = report.tx_packets;
  row->tx_bytes = report.tx_bytes;
  row->tx_dropped = report.tx_dropped;
  row->queued_bytes = report.queued_bytes;
  if (report.radio) row->radio = radio_row(*report.radio);
  return row;
}

api::MessageT message_row(const endpoint::Message& message, std::string source_name) {
  api::MessageT row;
  row.id = to_hex(message.id);
  row.incoming = message.incoming;
  row.source = to_hex(message.source);
  row.destination = to_hex(message.destination);
  row.title = message.title;
  row.content = message.content;
  row.timestamp = message.timestamp;
  row.state = std::string(state_name(message.state));
  row.method = std::string(method_name(message.method));
  row.reason = message.reason;
  row.signature_verified = message.signature_verified;
  row.hops = message.hops;
  row.attempts = message.attempts;
  row.rtt_ms = message.rtt_ms.value_or(kAbsent);
  row.wire_bytes = static_cast<std::uint32_t>(message.wire_bytes);
  row.rssi_dbm = message.signal.rssi_dbm.value_or(kAbsent);
  row.snr_db = message.signal.snr_db.value_or(kAbsent);
  row.source_name = std::move(source_name);
  return row;
}

std::unique_ptr<api::DestinationT> destination_row(const endpoint::LocalDestination& destination,
                                                   Time now) {
  auto row = std::make_unique<api::DestinationT>();
  row->hash = to_hex(destination.hash);
  row->name = destination.full_name;
  if (destination.announced) row->announced_s_ago = to_seconds(now - *destination.announced);
  return row;
}

api::StatsResponseT stats_of(const border::Counters& counters) {
  api::StatsResponseT out;
  const auto table = border::counter_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    auto row = std::make_unique<api::CounterValueT>();
    row->stage = std::string(table[i].stage);
    row->name = std::string(table[i].name);
    row->unit = std::string(table[i].unit);
    row->severity = std::string(severity_name(table[i].severity));
    row->help = std::string(table[i].help);
    row->value = counters.values()[i];
    out.counters.push_back(std::move(row));
  }
  return out;
}

std::string_view state_name(endpoint::MessageState state) {
  switch (state) {
    case endpoint::MessageState::kQueued:
      return "queued";
    case endpoint::MessageState::kSent:
      return "sent";
    case endpoint::MessageState::kDelivered:
      return "delivered";
    case endpoint::MessageState::kFailed:
      return "failed";
    case endpoint::MessageState::kReceived:
      break;
  }
  return "received";
}

std::string_view method_name(endpoint::MessageMethod method) {
  switch (method) {
    case endpoint::MessageMethod::kOpportunistic:
      return "opportunistic";
    case endpoint::MessageMethod::kLink:
      return "link";
    case endpoint::MessageMethod::kResource:
      return "resource";
    case endpoint::MessageMethod::kNone:
      break;
  }
  return "";
}

}  // namespace mehr::admin
