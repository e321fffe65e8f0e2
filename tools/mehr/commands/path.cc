// mehr path: the path table; show, ask for or forget one path.
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

}  // namespace

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

  path->callback([&context, path, table, watch] {
    if (path->get_subcommands().empty() || table->parsed()) show_table(context, *watch);
  });
}

}  // namespace mehr::cli
