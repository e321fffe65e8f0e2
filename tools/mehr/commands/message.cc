// mehr message: send an LXMF message and see what becomes of it; list and watch messages.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/json.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

struct SendOptions {
  std::string destination, text, title;
  double wait_s = 60;
};

using Moment = std::chrono::steady_clock::time_point;

Moment moment_now() {
  return std::chrono::steady_clock::now();
}

bool is_final(const api::MessageT& message) {
  return message.state == "delivered" || message.state == "failed";
}

Tone state_tone(const std::string& state) {
  if (state == "delivered" || state == "received") return Tone::kGood;
  return state == "failed" ? Tone::kBad : Tone::kWarn;
}

// Subscribes and waits for the word that it is in force, so that no change is missed afterwards.
bool subscribe(Context& context, AdminClient& client) {
  if (const Status sent = client.send(api::request_of(api::MessageWatchRequestT{})); !sent.ok())
    return context.fail(sent), false;
  const auto ready = client.next(15s);
  if (!ready.ok()) return context.fail(ready.status()), false;
  return !context.failed(**ready);
}

// Prints each state of the message until it is final or time is up; keeps the last in `message`.
bool follow(Context& context, AdminClient& events, api::MessageT& message, Moment until) {
  while (!is_final(message)) {
    const auto left = std::chrono::duration_cast<Duration>(until - moment_now());
    if (left <= Duration{}) return true;
    auto response = events.next(left);
    if (absl::IsDeadlineExceeded(response.status())) return true;
    if (!response.ok()) return context.fail(response.status()), false;
    auto* event = (*response)->body.AsMessageEvent();
    if (event == nullptr || event->message == nullptr || event->message->id != message.id) continue;
    const bool news = event->message->state != message.state;
    message = *event->message;
    if (news && !context.json)
      std::cout << message_state_view(message, context.colour) << std::flush;
  }
  return true;
}

void conclude(Context& context, const api::MessageT& message, double wait_s) {
  if (context.json) {
    api::MessageResponseT response;
    response.message = std::make_unique<api::MessageT>(message);
    std::cout << json_text(to_json(api::response_of(std::move(response))));
  }
  if (message.state == "delivered") return;
  if (message.state == "failed") {
    context.code = kFailed;
  } else if (wait_s > 0) {
    context.code = kTimeout;
    if (!context.json)
      std::cout
          << "not delivered yet; it stays queued: `mehr message list` shows what becomes of it\n";
  }
}

void send(Context& context, SendOptions& options) {
  const auto hash = destination(context, options.destination);
  if (!hash) return;
  if (options.text == "-") options.text.assign(std::istreambuf_iterator<char>(std::cin), {});
  auto events = context.connect();
  if (!events.ok()) return context.fail(events.status());
  if (!subscribe(context, *events)) return;
  const Moment until = moment_now() + std::chrono::duration_cast<Moment::duration>(
                                          std::chrono::duration<double>(options.wait_s));

  api::MessageSendRequestT request;
  request.destination = *hash;
  request.title = options.title;
  request.content = options.text;
  auto response = context.ask(api::request_of(std::move(request)));
  if (response == nullptr) return;
  auto* sent = response->body.AsMessageResponse();
  if (sent == nullptr || sent->message == nullptr)
    return context.fail(kFailed, "mehrd gave no message back");
  api::MessageT& message = *sent->message;
  if (!context.json)
    std::cout << "message " << message.id << "\n"
              << message_state_view(message, context.colour) << std::flush;
  if (follow(context, *events, message, until)) conclude(context, message, options.wait_s);
}

void list(Context& context, std::uint32_t limit) {
  api::MessageListRequestT request;
  request.limit = limit;
  const auto response = context.ask(api::request_of(request));
  if (response == nullptr) return;
  context.print(*response, [](const auto& whole, bool colour) {
    return messages_view(*whole.body.AsMessageListResponse(), colour);
  });
}

void watch(Context& context, bool incoming_only) {
  auto events = context.connect();
  if (!events.ok()) return context.fail(events.status());
  if (!subscribe(context, *events)) return;
  for (;;) {
    const auto response = events->next(std::chrono::hours{24});
    if (absl::IsDeadlineExceeded(response.status())) continue;
    if (!response.ok()) return context.fail(response.status());
    const auto* event = (*response)->body.AsMessageEvent();
    if (event == nullptr || event->message == nullptr ||
        (incoming_only && !event->message->incoming))
      continue;
    // One line an event, so that a script can read them as they come.
    std::cout << (context.json ? json_text(to_json(**response), false)
                               : message_view(*event->message, context.colour))
              << std::flush;
    if (!std::cout) return;
  }
}

std::string peer_text(const api::MessageT& message) {
  if (!message.incoming) return "to " + message.destination;
  return "from " + message.source +
         (message.source_name.empty() ? "" : " (" + printable(message.source_name) + ")");
}

std::string travel_text(const api::MessageT& message) {
  std::string line;
  const auto add = [&line](const std::string& part) { line += ", " + part; };
  if (!message.method.empty()) add(message.method);
  if (message.hops > 0) add(std::to_string(message.hops) + (message.hops == 1 ? " hop" : " hops"));
  if (message.attempts > 1) add(std::to_string(message.attempts) + " attempts");
  if (const auto rtt = measure_text(message.rtt_ms, "ms"); rtt != "-") add("proved after " + rtt);
  if (const auto rssi = measure_text(message.rssi_dbm, "dBm"); rssi != "-") add(rssi);
  if (const auto snr = measure_text(message.snr_db, "dB"); snr != "-") add("SNR " + snr);
  if (message.incoming)
    add(message.signature_verified ? "signature good" : "signature NOT verified: sender unknown");
  if (!message.reason.empty()) add(printable(message.reason));
  return line;
}

}  // namespace

std::string message_state_view(const api::MessageT& message, bool colour) {
  return toned(message.state, state_tone(message.state), colour) + travel_text(message) + "\n";
}

std::string message_view(const api::MessageT& message, bool colour) {
  std::string out = time_text(message.timestamp) + "  " + peer_text(message) + "  " +
                    message_state_view(message, colour);
  if (!message.title.empty())
    out += "    " + toned(printable(message.title), Tone::kStrong, colour) + "\n";
  return out + indented(printable(message.content, true), "    ");
}

std::string messages_view(const api::MessageListResponseT& messages, bool colour) {
  if (messages.messages.empty()) return "no messages\n";
  std::string out;
  for (const auto& message : messages.messages)
    out += message_view(*message, colour);
  return out;
}

void add_message(CLI::App& app, Context& context) {
  auto* message = app.add_subcommand("message", "LXMF messages of this gateway");
  message->require_subcommand(1);

  const auto options = std::make_shared<SendOptions>();
  auto* send_command = message->add_subcommand("send", "send a message and wait for its delivery");
  send_command->add_option("destination", options->destination, "32 hexadecimal digits")
      ->required();
  send_command->add_option("text", options->text, "content; - reads standard input")->required();
  send_command->add_option("--title", options->title, "title");
  send_command
      ->add_option("--wait", options->wait_s, "seconds to wait for delivery; 0 = not at all")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str();
  send_command->callback([&context, options] { send(context, *options); });

  const auto limit = std::make_shared<std::uint32_t>(50);
  auto* list_command = message->add_subcommand("list", "newest messages, sent and received");
  list_command->add_option("--limit", *limit, "how many")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  list_command->callback([&context, limit] { list(context, *limit); });

  auto* watch_command =
      message->add_subcommand("watch", "print messages and their states as they come");
  watch_command->callback([&context] { watch(context, false); });
  auto* receive_command = message->add_subcommand("receive", "print messages as they are received");
  receive_command->callback([&context] { watch(context, true); });
}

}  // namespace mehr::cli
