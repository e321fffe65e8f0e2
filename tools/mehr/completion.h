// Scripts that let a shell complete mehr's commands, options and values, from the command tree.
// Pure.
#pragma once

#include <string>

#include "tools/mehr/command_tree.h"

namespace mehr::cli {

std::string bash_completion(const CommandFacts& tree);
std::string zsh_completion(const CommandFacts& tree);
std::string fish_completion(const CommandFacts& tree);

}  // namespace mehr::cli
