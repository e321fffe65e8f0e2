// Host names to addresses, on a short-lived helper thread because getaddrinfo blocks. The answer is
// posted back; a loop that died meanwhile simply never gets it. Called on the reactor thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/reactor/address.h"
#include "controlplane/reactor/mailbox.h"

namespace mehr::reactor {

using ResolveFn = std::function<void(Result<std::vector<SocketAddress>>)>;

/// `done` runs on the reactor thread, later, unless the mailbox closes first. At most 16 look-ups
/// run at a time; more fail at once (still by a posted answer).
void resolve(const std::shared_ptr<Mailbox>& mailbox, std::string host, std::uint16_t port,
             ResolveFn done);

}  // namespace mehr::reactor
