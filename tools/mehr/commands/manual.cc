// mehr completion, and the hidden mehr manual: texts for shells and for man, made from the command
// tree itself. Works without the daemon.
#include "tools/mehr/manual.h"

#include <iostream>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/completion.h"

namespace mehr::cli {

void add_manual(CLI::App& app, Context&) {
  auto* completion = app.add_subcommand("completion", "print the completion script for a shell");
  const auto shell = std::make_shared<std::string>();
  completion->add_option("shell", *shell, "the shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&app, shell] {
    const CommandFacts tree = command_tree(app);
    std::cout << (*shell == "bash"  ? bash_completion(tree)
                  : *shell == "zsh" ? zsh_completion(tree)
                                    : fish_completion(tree));
  });
  auto* manual = app.add_subcommand("manual", "print a manual page in roff")->group("");
  const auto page = std::make_shared<std::string>("mehr");
  manual->add_option("page", *page, "the page")
      ->check(CLI::IsMember({"mehr", "mehr.toml", "mehr-metrics"}))
      ->capture_default_str();
  manual->callback([&app, page] {
    std::cout << (*page == "mehr"        ? command_page(command_tree(app), MEHR_VERSION)
                  : *page == "mehr.toml" ? configuration_page(MEHR_VERSION)
                                         : metrics_page(MEHR_VERSION));
  });
}

}  // namespace mehr::cli
