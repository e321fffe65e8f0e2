// mehr interface: every interface, its state and what went over it.
#include <cmath>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

Tone state_tone(const std::string& state) {
  if (state == "up") return Tone::kGood;
  if (state == "starting") return Tone::kWarn;
  return state == "disabled" ? Tone::kDim : Tone::kBad;
}

void add_measure(std::string& line, std::string_view name, double value, std::string_view unit) {
  if (std::isnan(value)) return;
  if (!line.empty()) line += ", ";
  line += std::string(name) + " " + measure_text(value, unit);
}

std::string radio_line(const api::RadioT& radio) {
  std::string line;
  if (!radio.firmware.empty()) line = "firmware " + printable(radio.firmware);
  if (!radio.platform.empty()) line += (line.empty() ? "" : " on ") + printable(radio.platform);
  add_measure(line, "last packet", radio.rssi_dbm, "dBm");
  add_measure(line, "SNR", radio.snr_db, "dB");
  add_measure(line, "noise", radio.noise_floor_dbm, "dBm");
  add_measure(line, "airtime", radio.airtime_short_percent, "% (15 s)");
  add_measure(line, "airtime", radio.airtime_long_percent, "% (1 h)");
  add_measure(line, "channel load", radio.channel_load_short_percent, "%");
  add_measure(line, "temperature", radio.temperature_c, "C");
  if (radio.battery_percent >= 0)
    line +=
        (line.empty() ? "" : ", ") + ("battery " + std::to_string(radio.battery_percent) + " %");
  if (radio.airtime_sent_s > 0)
    line += (line.empty() ? "" : ", ") + ("sent for " + duration_text(radio.airtime_sent_s));
  return line;
}

}  // namespace

std::string interfaces_view(const api::InterfacesResponseT& interfaces, bool colour) {
  if (interfaces.interfaces.empty())
    return "no interface is configured: add an [interface.<name>] to the configuration\n";
  Table table({"INTERFACE", "KIND", "STATE", ">SINCE", "MODE", ">RATE", ">MTU", ">RECEIVED",
               ">SENT", ">DROPPED", "DETAIL"});
  std::string notes;
  for (const auto& row : interfaces.interfaces) {
    const std::string name = printable(row->name);
    table.row({(row->parent.empty() ? "" : "  ") + name,
               row->kind,
               {row->state, state_tone(row->state)},
               duration_text(row->state_age_s),
               row->mode + (row->access_code ? " +code" : ""),
               rate_text(row->bitrate_bps),
               row->mtu == 0 ? "-" : std::to_string(row->mtu),
               std::to_string(row->rx_packets) + " / " + bytes_text(row->rx_bytes),
               std::to_string(row->tx_packets) + " / " + bytes_text(row->tx_bytes),
               std::to_string(row->tx_dropped),
               printable(row->detail)});
    if (!row->reason.empty()) notes += name + ": " + printable(row->reason) + "\n";
    if (row->radio != nullptr) {
      if (const std::string line = radio_line(*row->radio); !line.empty())
        notes += name + ": " + line + "\n";
    }
  }
  return table.text(colour) + (notes.empty() ? "" : "\n" + notes);
}

void add_interface(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("interface", "every interface, its state and traffic");
  const auto watch = add_watch(*command);
  command->callback([&context, watch] {
    context.show(api::request_of(api::InterfacesRequestT{}), *watch,
                 [](const auto& response, bool colour) {
                   return interfaces_view(*response.body.AsInterfacesResponse(), colour);
                 });
  });
}

}  // namespace mehr::cli
