// mehr path: the path table; show, ask for or forget one path; explain why it leads where it does.
#include <cmath>
#include <cstdio>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

std::string hops_text(unsigned hops) {
  return std::to_string(hops) + (hops == 1 ? " hop" : " hops");
}

void show_table(Context& context, std::optional<double> watch) {
  context.show(api::request_of(api::PathsRequestT{}), watch, [](const auto& response, bool colour) {
    return paths_view(*response.body.AsPathsResponse(), colour);
  });
}

void show_one(Context& context, const std::string& argument) {
  const auto hash = destination(context, argument);
  if (!hash) return;
  api::PathsRequestT request;
  request.destination = *hash;
  context.show(api::request_of(std::move(request)), std::nullopt,
               [](const auto& response, bool colour) {
                 const auto& paths = response.body.AsPathsResponse()->paths;
                 return paths.empty() ? std::string() : path_view(*paths.front(), colour);
               });
}

void request_one(Context& context, const std::string& argument, double timeout_s) {
  const auto hash = destination(context, argument);
  if (!hash) return;
  api::PathRequestRequestT request;
  request.destination = *hash;
  request.timeout_ms = static_cast<std::uint32_t>(timeout_s * 1000);
  const auto response = context.ask(api::request_of(std::move(request)), from_seconds(timeout_s));
  if (response == nullptr) return;
  context.print(*response, [](const auto& whole, bool colour) {
    const auto& found = *whole.body.AsPathFoundResponse();
    return "found after " + duration_text(found.elapsed_ms / 1000) + "\n" +
           (found.path == nullptr ? "" : path_view(*found.path, colour));
  });
}

void drop_one(Context& context, const std::string& argument) {
  const auto hash = destination(context, argument);
  if (!hash) return;
  api::PathDropRequestT request;
  request.destination = *hash;
  const auto response = context.ask(api::request_of(std::move(request)));
  if (response == nullptr) return;
  context.print(*response,
                [](const auto& whole, bool) { return whole.body.AsDoneResponse()->text + "\n"; });
}

constexpr const char* kExplainExamples =
    R"(The lowest score wins. A policy decides what counts:
  balanced    cost, latency and reliability alike; what packets ask for that ask for nothing
  cheapest    cost above all              fastest   latency above all
  reliable    reliability above all       mtu       room for large packets
  greedy      distance on the ring alone
Examples:
  mehr path explain 5a0c1f24e8b3967d42f1c08a7be6d935
  mehr path explain 5a0c1f24e8b3967d42f1c08a7be6d935 --policy fastest)";

// Short names for the command line, and those of the daemon.
std::string policy_of(const std::string& name) {
  if (name == "reliable") return "most-reliable";
  return name == "mtu" ? "largest-mtu" : name;
}

void explain_one(Context& context, const std::string& argument, const std::string& policy) {
  const auto hash = destination(context, argument);
  if (!hash) return;
  api::PathExplainRequestT request;
  request.destination = *hash;
  request.policy = policy_of(policy);
  context.show(api::request_of(std::move(request)), std::nullopt,
               [](const auto& response, bool colour) {
                 return explain_view(*response.body.AsPathExplainResponse(), colour);
               });
}

std::string decimals(double value, int places) {
  if (std::isnan(value)) return "-";
  std::string out(48, '\0');
  const int length = std::snprintf(out.data(), out.size(), "%.*f", places, value);
  out.resize(std::min(out.size() - 1, static_cast<std::size_t>(std::max(length, 0))));
  return out;
}

std::string cost_text(double cost) {
  return cost == 0 ? "free" : decimals(cost, 0);
}

std::string upper(std::string text) {
  for (char& c : text)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

// The terms this policy looks at, with their weights, from any candidate that has a score.
std::vector<const api::ScoreTermT*> terms_that_count(const api::PathExplainResponseT& explained) {
  std::vector<const api::ScoreTermT*> out;
  for (const auto& candidate : explained.candidates) {
    for (const auto& term : candidate->terms) {
      if (term->weight > 0) out.push_back(term.get());
    }
    if (!candidate->terms.empty()) break;
  }
  return out;
}

std::vector<Cell> candidate_cells(const api::PathCandidateT& row) {
  std::vector<Cell> cells{
      {row.winner ? "->" : "", Tone::kGood},
      {row.next_hop, row.winner ? Tone::kStrong : Tone::kPlain},
      printable(row.interface),
      std::to_string(row.hops),
      cost_text(row.cost_umhr_per_mib),
      std::isnan(row.latency_ms) ? "-" : decimals(row.latency_ms, 0) + " ms",
      std::isnan(row.bottleneck_bps) ? "-"
                                     : rate_text(static_cast<std::uint64_t>(row.bottleneck_bps)),
      row.mtu == 0 ? "-" : std::to_string(row.mtu),
      std::isnan(row.reliability) ? "-" : decimals(row.reliability * 100, 0) + " %"};
  return cells;
}

}  // namespace

std::string explain_view(const api::PathExplainResponseT& explained, bool colour) {
  const auto terms = terms_that_count(explained);
  std::vector<std::string> headings{
      "",         "NEXT HOP",    "INTERFACE", ">HOPS",       ">UMHR/MIB",
      ">LATENCY", ">BOTTLENECK", ">MTU",      ">RELIABILITY"};
  for (const auto* term : terms)
    headings.push_back(">" + decimals(term->weight, 2) + "*" + upper(term->name));
  headings.insert(headings.end(), {">SCORE", "REMARK"});
  Table table(headings);
  for (const auto& row : explained.candidates) {
    std::vector<Cell> cells = candidate_cells(*row);
    if (row->terms.empty()) cells.resize(cells.size() + terms.size(), Cell("-"));
    for (const auto& term : row->terms) {
      if (term->weight > 0) cells.emplace_back(decimals(term->weighted, 3));
    }
    cells.emplace_back(decimals(row->score, 3), row->winner ? Tone::kStrong : Tone::kPlain);
    cells.emplace_back(printable(row->remark), row->usable ? Tone::kPlain : Tone::kWarn);
    table.row(std::move(cells));
  }
  return "ways to " + explained.destination + ", policy " + explained.policy + "\n\n" +
         table.text(colour) + "\n" + printable(explained.why) + "\n" +
         "The score is the sum of the terms, each measured by the worst candidate's; the lowest "
         "wins.\n";
}

std::string paths_view(const api::PathsResponseT& paths, bool colour) {
  if (paths.paths.empty())
    return "no path is known yet: paths come with announces, or ask with `mehr path request "
           "<destination>`\n";
  Table table({"DESTINATION", ">HOPS", "INTERFACE", "NEXT HOP", ">AGE", ">USED", ">EXPIRES",
               "STATE", "NAME"});
  for (const auto& row : paths.paths) {
    const Tone tone = row->state == "responsive"     ? Tone::kGood
                      : row->state == "unresponsive" ? Tone::kBad
                                                     : Tone::kDim;
    table.row({row->destination,
               std::to_string(row->hops),
               printable(row->interface),
               row->next_hop,
               duration_text(row->age_s),
               duration_text(row->used_s_ago),
               duration_text(row->expires_in_s),
               {row->state, tone},
               printable(row->name)});
  }
  return table.text(colour);
}

std::string path_view(const api::PathT& path, bool colour) {
  return facts({{"destination", {path.destination, Tone::kStrong}},
                {"name", printable(path.name)},
                {"distance", hops_text(path.hops)},
                {"interface", printable(path.interface)},
                {"next hop", path.next_hop},
                {"learned", duration_text(path.age_s) + " ago"},
                {"last used", duration_text(path.used_s_ago) + " ago"},
                {"expires in", duration_text(path.expires_in_s)},
                {"state", path.state}},
               colour);
}

void add_path(CLI::App& app, Context& context) {
  auto* path = app.add_subcommand("path", "the path table");
  path->require_subcommand(0, 1);
  const auto watch = add_watch(*path);
  auto* table = path->add_subcommand("table", "all paths (the default)");
  const auto argument = std::make_shared<std::string>();
  const auto timeout = std::make_shared<double>(30);

  auto* show = path->add_subcommand("show", "one path");
  show->add_option("destination", *argument, "32 hexadecimal digits")->required();
  show->callback([&context, argument] { show_one(context, *argument); });

  auto* request = path->add_subcommand("request", "ask the network for a path and wait for it");
  request->add_option("destination", *argument, "32 hexadecimal digits")->required();
  request->add_option("--timeout", *timeout, "seconds to wait")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  request->callback([&context, argument, timeout] { request_one(context, *argument, *timeout); });

  auto* drop = path->add_subcommand("drop", "forget a path");
  drop->add_option("destination", *argument, "32 hexadecimal digits")->required();
  drop->callback([&context, argument] { drop_one(context, *argument); });

  const auto policy = std::make_shared<std::string>("balanced");
  auto* explain =
      path->add_subcommand("explain", "every way there, what each scores, and why one is used");
  explain->footer(kExplainExamples);
  explain->add_option("destination", *argument, "32 hexadecimal digits")->required();
  explain->add_option("--policy", *policy, "what a packet may ask for")
      ->check(CLI::IsMember({"balanced", "cheapest", "fastest", "reliable", "mtu", "greedy"}))
      ->capture_default_str();
  explain->callback([&context, argument, policy] { explain_one(context, *argument, *policy); });

  path->callback([&context, path, table, watch] {
    if (path->get_subcommands().empty() || table->parsed()) show_table(context, *watch);
  });
}

}  // namespace mehr::cli
