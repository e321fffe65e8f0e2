// mehr announce: tell the network of this gateway's own destinations now.
#include "tools/mehr/commands/commands.h"

namespace mehr::cli {

void add_announce(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("announce", "announce this gateway's own destinations now");
  command->callback([&context] {
    const auto response = context.ask(api::request_of(api::AnnounceRequestT{}));
    if (response == nullptr) return;
    context.print(*response,
                  [](const auto& whole, bool) { return whole.body.AsDoneResponse()->text + "\n"; });
  });
}

}  // namespace mehr::cli
