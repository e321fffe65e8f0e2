// The commands of mehr as plain data, read from CLI11 once: what completions and manual are made
// from, so that neither can differ from what the program takes. Pure.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace mehr::cli {

struct OptionFacts {
  std::vector<std::string> names;  ///< "-f", "--follow"; empty: an argument by position
  std::string argument;            ///< name of the value, or of the positional; empty for flags
  std::string help;
  std::string preset;               ///< default value, may be empty
  std::vector<std::string> values;  ///< the only ones allowed; empty = any
  bool required = false;
  bool file = false;  ///< the value names a file
};

struct CommandFacts {
  std::string path;  ///< "mehr path show"
  std::string name;  ///< "show"
  std::string help, footer;
  std::vector<OptionFacts> options;
  std::vector<CommandFacts> commands;
};

/// `app` with everything under it that is not hidden.
CommandFacts command_tree(const CLI::App& app);
/// `tree` and all commands under it, parents first.
std::vector<const CommandFacts*> all_commands(const CommandFacts& tree);

}  // namespace mehr::cli
