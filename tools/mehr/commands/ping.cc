// mehr ping: probe packets to a destination whose owner proves them.
#include <unistd.h>

#include <iostream>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

struct Options {
  std::string destination;
  unsigned count = 1;
  std::uint32_t size = 16;
  double timeout_s = 30;
  double interval_s = 1;
};

// One probe. A missing reply is the answer no, so it exits with kFailed rather than kTimeout.
bool ping_once(Context& context, const std::string& hash, const Options& options) {
  api::PingRequestT request;
  request.destination = hash;
  request.size = options.size;
  request.timeout_ms = static_cast<std::uint32_t>(options.timeout_s * 1000);
  const auto response =
      context.ask(api::request_of(std::move(request)), from_seconds(options.timeout_s));
  if (response == nullptr) {
    if (context.code == kTimeout) context.code = kFailed;
    return false;
  }
  context.print(*response, [&hash](const auto& whole, bool) {
    return ping_view(*whole.body.AsPingResponse(), hash);
  });
  return true;
}

void ping(Context& context, const Options& options) {
  const auto hash = destination(context, options.destination);
  if (!hash) return;
  unsigned answered = 0;
  for (unsigned i = 0; i < options.count; ++i) {
    if (i > 0) usleep(static_cast<useconds_t>(options.interval_s * 1e6));
    if (ping_once(context, *hash, options)) {
      ++answered;
    } else if (context.code != kFailed) {
      return;
    }
  }
  context.code = answered > 0 ? kOk : kFailed;
  if (options.count > 1 && !context.json) {
    std::cout << options.count << " sent, " << answered << " answered\n";
  }
}

}  // namespace

std::string ping_view(const api::PingResponseT& ping, const std::string& destination) {
  std::string line = "reply from " + destination + ": " + std::to_string(ping.hops) +
                     (ping.hops == 1 ? " hop, " : " hops, ") + measure_text(ping.rtt_ms, "ms") +
                     ", " + std::to_string(ping.wire_bytes) + " bytes";
  if (const auto rssi = measure_text(ping.rssi_dbm, "dBm"); rssi != "-") line += ", " + rssi;
  if (const auto snr = measure_text(ping.snr_db, "dB"); snr != "-") line += ", SNR " + snr;
  return line + "\n";
}

void add_ping(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("ping", "probe a destination");
  const auto options = std::make_shared<Options>();
  command->add_option("destination", options->destination, "32 hexadecimal digits")->required();
  command->add_option("--count", options->count, "probes to send")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--size", options->size, "payload bytes")
      ->check(CLI::Range(0, 383))
      ->capture_default_str();
  command->add_option("--timeout", options->timeout_s, "seconds to wait for each reply")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  command->add_option("--interval", options->interval_s, "seconds between probes")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  command->callback([&context, options] { ping(context, *options); });
}

}  // namespace mehr::cli
