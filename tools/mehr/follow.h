// Asks a question whose answer goes on: what was kept, then what comes, until interrupted or the
// daemon ends. Called by `mehr log` and `mehr events`.
#pragma once

#include <functional>

#include "tools/mehr/context.h"

namespace mehr::cli {

/// Sends `request` and hands each response to `print`, the last included. Failures are reported.
void follow(Context& context, const api::RequestT& request,
            const std::function<void(const api::ResponseT&)>& print);

}  // namespace mehr::cli
