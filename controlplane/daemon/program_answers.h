// What the gateway answers to programs on this host that use it as their shared instance:
// interfaces and traffic (rnstatus), paths (rnpath), first hops and timeouts (every program), in
// the form they expect of a Reticulum instance. Owns nothing. Called by the local interface, on the
// reactor thread. Source: reticulum-wire §27; the keys are those the reference's own tools read.
#pragma once

#include "controlplane/interface/interface.h"

namespace mehr::daemon {

class Node;

class ProgramAnswers final : public interface::ProgramCalls {
 public:
  /// @param identity of this node, as it stands in `transport_id`
  ProgramAnswers(Node& node, const reactor::Reactor& reactor, const border::Counters& counters,
                 IdentityHash identity);

  /// Nil for a call we do not know, or that asks for what we do not have.
  Bytes answer(ByteView call) override;
  /// What `interface_stats` answers; also for remote status.
  [[nodiscard]] Bytes interface_stats() const;

 private:
  struct Call;
  [[nodiscard]] Bytes get(const Call& call) const;
  Bytes drop(const Call& call);
  [[nodiscard]] Bytes path_table(const Call& call) const;
  [[nodiscard]] double first_hop_timeout(const Call& call) const;

  Node& node_;
  const reactor::Reactor& reactor_;
  const border::Counters& counters_;
  IdentityHash identity_;
  Time started_;
};

}  // namespace mehr::daemon
