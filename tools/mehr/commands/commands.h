// The nouns of mehr, one file each: it declares its arguments here and does the work in the
// callback. Called by main once.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "tools/mehr/context.h"

namespace mehr::cli {

void add_status(CLI::App& app, Context& context);
void add_interface(CLI::App& app, Context& context);
void add_path(CLI::App& app, Context& context);
void add_announce(CLI::App& app, Context& context);
void add_identity(CLI::App& app, Context& context);
void add_ping(CLI::App& app, Context& context);
void add_stats(CLI::App& app, Context& context);
void add_dataplane(CLI::App& app, Context& context);
void add_config(CLI::App& app, Context& context);
void add_message(CLI::App& app, Context& context);
void add_peer(CLI::App& app, Context& context);
void add_link(CLI::App& app, Context& context);
void add_log(CLI::App& app, Context& context);
void add_events(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
/// `completion` and the hidden `manual`.
void add_manual(CLI::App& app, Context& context);

/// Every noun and the global options.
void add_all(CLI::App& app, Context& context);

/// Adds --watch [SECONDS]: repeat until interrupted.
std::shared_ptr<std::optional<double>> add_watch(CLI::App& app);

}  // namespace mehr::cli
