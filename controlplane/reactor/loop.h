// What every part of the reactor shares: ring, timers, mailbox, the time of this turn, and the list
// of those who want a word at the end of it. Handles hold it by shared pointer, so one that
// outlives its reactor is merely dead. Reactor thread only.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "controlplane/reactor/mailbox.h"
#include "controlplane/reactor/ring.h"
#include "controlplane/reactor/timers.h"

namespace mehr::reactor {

struct Loop {
  std::unique_ptr<Ring> ring;
  Timers timers;
  std::shared_ptr<Mailbox> mailbox;
  Time now;
  std::size_t shared_bytes = 0;  ///< queued by streams that share their memory
  bool dead = false;             ///< the reactor is gone: start nothing, call nobody
  /// completed(tag, {}) is called on each once, at the end of this turn and before submitting.
  std::vector<std::pair<std::shared_ptr<Completer>, unsigned>> at_turn_end;

  void defer(std::shared_ptr<Completer> target, unsigned tag) {
    if (!dead) at_turn_end.emplace_back(std::move(target), tag);
  }
};

/// "text: strerror(error)".
std::string system_error_text(const std::string& text, int error);

}  // namespace mehr::reactor
