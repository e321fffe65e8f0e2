// mehr link: the living hop links, one of them in full, what happened to them, new keys, and ending
// one. Neighbours are named by the first digits of their identity.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <thread>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

constexpr std::size_t kShortDigits = 8;
constexpr Duration kRekeyPatience = 10s;  // an offer is repeated every second until answered
constexpr auto kRekeyLook = 50ms;

constexpr const char* kExamples =
    R"(ID is the beginning of the neighbour's identity, as many digits as it takes to be the only one.
Examples:
  mehr link                       every neighbour: round trip, sizes, traffic, queue
  mehr link show 5a0c1f24         one of them in full
  mehr link history               who came and went, and why
  mehr link history 5a0c          the same of one neighbour
  mehr link rekey 5a0c            agree on new keys now
  mehr link drop 5a0c             end the link; a configured peer is dialled again)";

// So many digits that no two neighbours look alike.
std::size_t digits_needed(const api::LinksResponseT& links) {
  std::vector<std::string> all;
  for (const auto& link : links.links)
    all.push_back(link->identity);
  std::sort(all.begin(), all.end());
  std::size_t digits = kShortDigits;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const auto [a, b] =
        std::mismatch(all[i - 1].begin(), all[i - 1].end(), all[i].begin(), all[i].end());
    if (a != all[i - 1].end()) {
      digits = std::max(digits, static_cast<std::size_t>(a - all[i - 1].begin()) + 1);
    }
  }
  return digits;
}

std::uint64_t drops(const api::LinkT& link) {
  return link.dropped_late + link.dropped_full + link.dropped_too_big;
}

std::string place(const std::string& carrier, const std::string& address) {
  return printable(address.empty() ? carrier : address);
}

std::string traffic(std::uint64_t packets, std::uint64_t bytes, std::string_view noun) {
  return std::to_string(packets) + " " + std::string(noun) + ", " + bytes_text(bytes);
}

// Three digits: a round trip is 0.04 ms in one room and 900 ms over a radio.
std::string rtt_text(double milliseconds) {
  if (std::isnan(milliseconds)) return "-";
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.3g ms", milliseconds);
  return out.data();
}

Tone queue_tone(double percent) {
  return percent >= 90 ? Tone::kBad : percent >= 50 ? Tone::kWarn : Tone::kPlain;
}

std::string percent_text(double percent) {
  return std::to_string(std::lround(percent)) + " %";
}

std::string capabilities(const api::LinkT& link) {
  return "hop protocol " + std::to_string(link.version) + ", frames up to " +
         std::to_string(link.max_frame) + " bytes, " + std::to_string(link.lanes) +
         (link.lanes == 1 ? " lane" : " lanes") + (link.fragmentation ? ", takes fragments" : "") +
         (link.compact ? ", compact frames" : "");
}

std::string classes_table(const api::LinkT& link, bool colour) {
  Table table({"CLASS", ">SENT", ">RECEIVED", ">WAITING", ">LIMIT"});
  for (const auto& row : link.classes) {
    table.row({row->name, std::to_string(row->sent_packets) + " / " + bytes_text(row->sent_bytes),
               std::to_string(row->received_packets) + " / " + bytes_text(row->received_bytes),
               bytes_text(row->waiting_bytes), bytes_text(row->limit_bytes)});
  }
  return table.text(colour);
}

// The digits of a neighbour, also as <...>, any number of them.
std::string digits_of(const std::string& argument) {
  const bool quoted = argument.size() > 2 && argument.front() == '<' && argument.back() == '>';
  return quoted ? argument.substr(1, argument.size() - 2) : argument;
}

void show_table(Context& context, std::optional<double> watch) {
  context.show(api::request_of(api::LinksRequestT{}), watch, [](const auto& response, bool colour) {
    return links_view(*response.body.AsLinksResponse(), colour);
  });
}

void show_one(Context& context, const std::string& argument, std::optional<double> watch) {
  api::LinksRequestT request;
  request.link = digits_of(argument);
  context.show(api::request_of(std::move(request)), watch, [](const auto& response, bool colour) {
    std::string out;
    for (const auto& link : response.body.AsLinksResponse()->links)
      out += (out.empty() ? "" : "\n") + link_view(*link, colour);
    return out;
  });
}

void show_history(Context& context, const std::string& argument, std::uint32_t limit) {
  api::LinkHistoryRequestT request;
  request.link = digits_of(argument);
  request.limit = limit;
  context.show(api::request_of(std::move(request)), std::nullopt,
               [](const auto& response, bool colour) {
                 return link_history_view(*response.body.AsLinkHistoryResponse(), colour);
               });
}

// The newest link in an answer, or null.
api::LinkT* link_in(const std::unique_ptr<api::ResponseT>& response) {
  auto* links = response == nullptr ? nullptr : response->body.AsLinksResponse();
  return links == nullptr || links->links.empty() ? nullptr : links->links.back().get();
}

// Asks for new keys, then looks until the link has them.
void rekey(Context& context, const std::string& argument) {
  api::LinkRekeyRequestT order;
  order.link = digits_of(argument);
  const auto begun = std::chrono::steady_clock::now();
  const auto before = context.ask(api::request_of(std::move(order)));
  if (before == nullptr) return;
  const api::LinkT* old = link_in(before);
  if (old == nullptr) return context.fail(kFailed, "mehrd gave no link back");
  for (;;) {
    api::LinksRequestT question;
    question.link = old->identity;
    const auto now = context.ask(api::request_of(std::move(question)));
    if (now == nullptr) return;
    const api::LinkT* link = link_in(now);
    const auto taken = std::chrono::steady_clock::now() - begun;
    if (link != nullptr && link->epoch > old->epoch) {
      const double milliseconds = std::chrono::duration<double, std::milli>(taken).count();
      return context.print(*now, [&](const auto&, bool) {
        return "new keys with " + link->identity + ": epoch " + std::to_string(old->epoch) +
               " -> " + std::to_string(link->epoch) + " within " +
               measure_text(milliseconds, "ms") + "\n";
      });
    }
    if (taken > kRekeyPatience) {
      return context.fail(kTimeout,
                          "the neighbour has not agreed on new keys yet; it is asked "
                          "again every second, and the old ones stay in use meanwhile");
    }
    std::this_thread::sleep_for(kRekeyLook);
  }
}

void drop(Context& context, const std::string& argument) {
  api::LinkDropRequestT request;
  request.link = digits_of(argument);
  const auto response = context.ask(api::request_of(std::move(request)));
  if (response == nullptr) return;
  context.print(*response,
                [](const auto& whole, bool) { return whole.body.AsDoneResponse()->text + "\n"; });
}

}  // namespace

std::string links_view(const api::LinksResponseT& links, bool colour) {
  if (links.links.empty())
    return "no neighbour is linked: `mehr peer` says how it goes with those that are wanted\n";
  const std::size_t digits = digits_needed(links);
  Table table({"LINK", "NAME", "OVER", "ADDRESS", ">UP", ">RTT", ">MTU", ">EPOCH", ">SENT",
               ">RECEIVED", ">QUEUE", ">DROPPED"});
  for (const auto& row : links.links) {
    table.row({{row->identity.substr(0, digits), Tone::kStrong},
               row->name.empty() ? "-" : printable(row->name),
               row->transport,
               place(row->carrier, row->address),
               duration_text(row->up_s),
               rtt_text(row->rtt_ms),
               std::to_string(row->packet_bytes),
               std::to_string(row->epoch),
               bytes_text(row->sent_bytes),
               bytes_text(row->received_bytes),
               {percent_text(row->queue_percent), queue_tone(row->queue_percent)},
               std::to_string(drops(*row))});
  }
  return table.text(colour);
}

std::string link_view(const api::LinkT& link, bool colour) {
  const std::string congestion = link.congestion.empty() ? "" : "it says: " + link.congestion;
  const std::string dropped = std::to_string(link.dropped_late) + " too late, " +
                              std::to_string(link.dropped_full) + " queue full, " +
                              std::to_string(link.dropped_too_big) + " too big";
  const std::string modes = link.payment_modes == 0 ? "none" : std::to_string(link.payment_modes);
  return facts(
             {{"neighbour", {link.identity, Tone::kStrong}},
              {"name", printable(link.name)},
              {"interface", printable(link.interface) + ", mode " + link.mode},
              {"over", link.transport + " " + place(link.carrier, link.address) + ", of " +
                           printable(link.parent)},
              {"up", duration_text(link.up_s) + ", " +
                         (link.initiated ? "begun by us" : "begun by the neighbour")},
              {"last heard", duration_text(link.heard_s_ago) + " ago"},
              {"round trip", rtt_text(link.rtt_ms)},
              {"keys", "epoch " + std::to_string(link.epoch) + ", " +
                           duration_text(link.key_age_s) + " old"},
              {"sizes", "packets of " + std::to_string(link.packet_bytes) + " bytes in frames of " +
                            std::to_string(link.frame_bytes)},
              {"rate", rate_text(link.bitrate_bps)},
              {"sent", traffic(link.sent_frames, link.sent_bytes, "frames")},
              {"received", traffic(link.received_frames, link.received_bytes, "frames")},
              {"in pieces", std::to_string(link.fragmented) + " packets larger than a frame"},
              {"queue",
               {percent_text(link.queue_percent) + " full, " + bytes_text(link.waiting_bytes) +
                    " wait",
                queue_tone(link.queue_percent)}},
              {"congestion", {congestion, Tone::kWarn}},
              {"dropped", {dropped, drops(link) > 0 ? Tone::kWarn : Tone::kPlain}},
              {"refused", std::to_string(link.forged) + " forged or damaged frames, " +
                              std::to_string(link.replayed) + " replayed"},
              {"it can", capabilities(link)},
              {"payment", "modes " + modes + "; we ask " + std::to_string(link.price_umhr_per_mib) +
                              " uMHR/MiB for relaying"}},
             colour) +
         "\n" + classes_table(link, colour);
}

std::string link_history_view(const api::LinkHistoryResponseT& history, bool colour) {
  if (history.events.empty()) return "nothing happened since mehrd started\n";
  Table table({"TIME", "NEIGHBOUR", "EVENT", "OVER", "NAME", "REASON"});
  for (const auto& event : history.events) {
    table.row({time_text(event->time),
               event->identity,
               {event->event, event->event == "up" ? Tone::kGood : Tone::kBad},
               place(event->carrier, event->address),
               event->name.empty() ? "-" : printable(event->name),
               printable(event->reason)});
  }
  return table.text(colour);
}

void add_link(CLI::App& app, Context& context) {
  auto* link = app.add_subcommand("link", "hop links with neighbouring Mehr nodes");
  link->require_subcommand(0, 1);
  link->footer(kExamples);
  const auto watch = add_watch(*link);
  const auto argument = std::make_shared<std::string>();
  const auto limit = std::make_shared<std::uint32_t>(100);
  const std::string what = "first digits of the neighbour's identity";

  auto* table = link->add_subcommand("table", "every link (the default)");
  auto* show = link->add_subcommand("show", "one link in full");
  show->add_option("id", *argument, what)->required();
  show->callback([&context, argument, watch] { show_one(context, *argument, *watch); });

  auto* history = link->add_subcommand("history", "when links came up and went down, and why");
  history->add_option("id", *argument, what + "; without it those of all");
  history->add_option("--limit", *limit, "how many, the newest")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  history->callback([&context, argument, limit] { show_history(context, *argument, *limit); });

  auto* rekey_command = link->add_subcommand("rekey", "agree on new keys now, and wait for it");
  rekey_command->add_option("id", *argument, what)->required();
  rekey_command->callback([&context, argument] { rekey(context, *argument); });

  auto* drop_command = link->add_subcommand("drop", "end a link");
  drop_command->add_option("id", *argument, what)->required();
  drop_command->callback([&context, argument] { drop(context, *argument); });

  link->callback([&context, link, table, watch] {
    if (link->get_subcommands().empty() || table->parsed()) show_table(context, *watch);
  });
}

}  // namespace mehr::cli
