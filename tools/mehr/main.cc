// mehr: the operator's tool. Reads the arguments; each noun is a file in commands/.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tools/mehr/commands/commands.h"

namespace {

bool wants_colour() {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace

int main(int argc, char** argv) {
  mehr::cli::Context context;
  context.colour = wants_colour();
  CLI::App app("Operates the Mehr gateway of this host.", "mehr");
  mehr::cli::add_all(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? mehr::cli::kOk : mehr::cli::kUsage;
  }
  if (app.get_subcommands().empty()) {
    std::cerr << app.help();
    return mehr::cli::kUsage;
  }
  return context.code;
}
