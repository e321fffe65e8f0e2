// All three work the same way: find out which command the line has reached, then offer what it
// takes. Global options are offered everywhere, since mehr takes them everywhere.
#include "tools/mehr/completion.h"

namespace mehr::cli {
namespace {

std::string single_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// Fish escapes within single quotes by a backslash.
std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string out;
  for (const std::string& word : words)
    out += (out.empty() ? "" : between) + word;
  return out;
}

// The options of a command and, under the root's own, the root's.
std::vector<OptionFacts> offered(const CommandFacts& tree, const CommandFacts& command) {
  std::vector<OptionFacts> out = command.options;
  if (&command == &tree) return out;
  for (const OptionFacts& option : tree.options) {
    if (!option.names.empty() && option.names.back() != "--help" &&
        option.names.back() != "--version") {
      out.push_back(option);
    }
  }
  return out;
}

bool takes_file(const CommandFacts& command) {
  for (const OptionFacts& option : command.options) {
    if (option.names.empty() && option.file) return true;
  }
  return false;
}

// "'mehr path show'|'mehr path drop'" of every command but the root.
std::string paths_pattern(const CommandFacts& tree) {
  std::string out;
  for (const CommandFacts* command : all_commands(tree)) {
    if (command != &tree) out += (out.empty() ? "" : "|") + single_quoted(command->path);
  }
  return out;
}

}  // namespace

std::string bash_completion(const CommandFacts& tree) {
  std::string out = "# bash completion for " + tree.name + ", made by `" + tree.name +
                    " completion bash`.\n_" + tree.name + "() {\n" +
                    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                    "  local path=" +
                    tree.name +
                    " words='' files='' i\n  COMPREPLY=()\n"
                    "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                    "    case \"$path ${COMP_WORDS[i]}\" in\n      " +
                    paths_pattern(tree) +
                    ") path+=\" ${COMP_WORDS[i]}\" ;;\n    esac\n  done\n"
                    "  case \"$path $prev\" in\n";
  for (const CommandFacts* command : all_commands(tree)) {
    for (const OptionFacts& option : offered(tree, *command)) {
      if (option.names.empty() || option.argument.empty()) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names)
        patterns.push_back(single_quoted(command->path + " " + name));
      const std::string reply =
          option.file ? "compgen -f -- \"$cur\""
                      : "compgen -W " + single_quoted(joined(option.values, " ")) + " -- \"$cur\"";
      // A value that may be left out does not hide what else may come.
      if (option.argument.starts_with("[")) continue;
      out += "    " + joined(patterns, "|") + ") COMPREPLY=($(" + reply + ")); return ;;\n";
    }
  }
  out += "  esac\n  case \"$path\" in\n";
  for (const CommandFacts* command : all_commands(tree)) {
    std::vector<std::string> words;
    for (const CommandFacts& below : command->commands)
      words.push_back(below.name);
    for (const OptionFacts& option : offered(tree, *command)) {
      words.insert(words.end(), option.names.begin(), option.names.end());
      if (option.names.empty()) {
        words.insert(words.end(), option.values.begin(), option.values.end());
      }
    }
    out += "    " + single_quoted(command->path) + ") words=" + single_quoted(joined(words, " ")) +
           (takes_file(*command) ? " files=yes" : "") + " ;;\n";
  }
  return out +
         "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "  [[ -z $files ]] || COMPREPLY+=($(compgen -f -- \"$cur\"))\n}\ncomplete -F _" +
         tree.name + " " + tree.name + "\n";
}

std::string zsh_completion(const CommandFacts& tree) {
  std::string out = "#compdef " + tree.name + "\n# zsh completion for " + tree.name +
                    ", made by `" + tree.name +
                    " completion zsh`.\n"
                    "local at=" +
                    tree.name +
                    " word\nlocal -a offers values\n"
                    "for word in ${words[2,CURRENT-1]}; do\n  case \"$at $word\" in\n    " +
                    paths_pattern(tree) +
                    ") at+=\" $word\" ;;\n  esac\ndone\n"
                    "case \"$at ${words[CURRENT-1]}\" in\n";
  for (const CommandFacts* command : all_commands(tree)) {
    for (const OptionFacts& option : offered(tree, *command)) {
      if (option.names.empty() || option.argument.empty() || option.argument.starts_with("["))
        continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names)
        patterns.push_back(single_quoted(command->path + " " + name));
      out += "  " + joined(patterns, "|") + ") ";
      out += option.file
                 ? "_files; return ;;\n"
                 : "values=(" + joined(option.values, " ") + "); compadd -a values; return ;;\n";
    }
  }
  out += "esac\ncase \"$at\" in\n";
  for (const CommandFacts* command : all_commands(tree)) {
    out += "  " + single_quoted(command->path) + ")\n    offers=(";
    const auto offer = [&out](std::string name, const std::string& help) {
      for (std::size_t at = name.find(':'); at != std::string::npos; at = name.find(':', at + 2))
        name.insert(at, "\\");
      out += "\n      " + single_quoted(name + ":" + help);
    };
    for (const CommandFacts& below : command->commands)
      offer(below.name, below.help);
    for (const OptionFacts& option : offered(tree, *command)) {
      for (const std::string& name : option.names)
        offer(name, option.help);
      if (option.names.empty()) {
        for (const std::string& value : option.values)
          offer(value, option.help);
      }
    }
    out += ")\n    _describe " + single_quoted(tree.name) + " offers\n";
    if (takes_file(*command)) out += "    _files\n";
    out += "    ;;\n";
  }
  return out + "esac\n";
}

std::string fish_completion(const CommandFacts& tree) {
  const std::string name = tree.name;
  std::string out = "# fish completion for " + name + ", made by `" + name +
                    " completion fish`.\nfunction __" + name + "_at\n  set -l at " + name +
                    "\n  for word in (commandline -opc)[2..-1]\n    switch \"$at $word\"\n"
                    "      case";
  for (const CommandFacts* command : all_commands(tree)) {
    if (command != &tree) out += " " + fish_quoted(command->path);
  }
  out += "\n        set at \"$at $word\"\n    end\n  end\n  test \"$at\" = \"$argv[1]\"\nend\n" +
         std::string("complete -c ") + name + " -f\n";
  for (const CommandFacts* command : all_commands(tree)) {
    const std::string here =
        "complete -c " + name + " -n " + fish_quoted("__" + name + "_at \"" + command->path + "\"");
    for (const CommandFacts& below : command->commands)
      out += here + " -a " + fish_quoted(below.name) + " -d " + fish_quoted(below.help) + "\n";
    for (const OptionFacts& option : offered(tree, *command)) {
      if (option.names.empty() && option.values.empty() && !option.file) continue;
      out += here;
      for (const std::string& word : option.names)
        out += word.starts_with("--") ? " -l " + word.substr(2) : " -s " + word.substr(1);
      const bool value = !option.argument.empty() && !option.argument.starts_with("[");
      // Exclusive means no files, and fish refuses that together with files.
      if (!option.names.empty() && value) out += option.file ? " -r" : " -x";
      if (!option.values.empty()) out += " -a " + fish_quoted(joined(option.values, " "));
      if (option.file) out += " -F";
      out += " -d " + fish_quoted(option.help) + "\n";
    }
  }
  return out;
}

}  // namespace mehr::cli
