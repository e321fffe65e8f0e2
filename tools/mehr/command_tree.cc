// What CLI11 knows of each command and option.
#include "tools/mehr/command_tree.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mehr::cli {
namespace {

// IsMember shows itself as "TEXT:{debug,info}".
std::vector<std::string> allowed_values(const std::string& type) {
  std::vector<std::string> out;
  const std::size_t open = type.find('{'), close = type.rfind('}');
  if (open == std::string::npos || close == std::string::npos) return out;
  std::string list = type.substr(open + 1, close - open - 1);
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    out.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

bool names_a_file(std::string_view name) {
  constexpr std::array<std::string_view, 6> kFiles{
      "--config", "--socket", "--passphrase-file", "file", "--state-directory", "source"};
  return std::find(kFiles.begin(), kFiles.end(), name) != kFiles.end();
}

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts out;
  for (const std::string& name : option.get_snames())
    out.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames())
    out.names.push_back("--" + name);
  const std::string type = option.get_type_name();
  out.values = allowed_values(type);
  if (out.names.empty()) {
    out.argument = option.get_name();
  } else if (option.get_items_expected_max() > 0) {
    const std::string plain = type.substr(0, type.find_first_of(":{"));
    out.argument = out.values.empty() ? (plain.empty() ? "VALUE" : plain) : "WORD";
  }
  out.help = option.get_description();
  out.preset = option.get_default_str();
  out.required = option.get_required();
  out.file = names_a_file(out.names.empty() ? out.argument : out.names.back());
  return out;
}

CommandFacts read(const CLI::App& app, const std::string& parent) {
  CommandFacts out;
  out.name = app.get_name();
  out.path = parent.empty() ? out.name : parent + " " + out.name;
  out.help = app.get_description();
  out.footer = app.get_footer();
  for (const CLI::Option* option :
       app.get_options([](const CLI::Option* one) { return !one->get_group().empty(); })) {
    out.options.push_back(facts_of(*option));
  }
  for (const CLI::App* command :
       app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    out.commands.push_back(read(*command, out.path));
  }
  return out;
}

void collect(const CommandFacts& tree, std::vector<const CommandFacts*>& out) {
  out.push_back(&tree);
  for (const CommandFacts& command : tree.commands)
    collect(command, out);
}

}  // namespace

CommandFacts command_tree(const CLI::App& app) {
  return read(app, "");
}

std::vector<const CommandFacts*> all_commands(const CommandFacts& tree) {
  std::vector<const CommandFacts*> out;
  collect(tree, out);
  return out;
}

}  // namespace mehr::cli
