// What announces told about others: newest ratchet, name, whether they take compressed resources.
// Public keys are the router's. Bounded; when full, the one heard longest ago is forgotten.
// Reactor thread. Source: reticulum-wire §5, §6; LXMF announces.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <list>

#include "controlplane/endpoint/context.h"

namespace mehr::endpoint {

class Peers {
 public:
  explicit Peers(Context& context);

  void announce_heard(const routing::HeardAnnounce& heard);

  /// Public key behind a destination, from the router.
  [[nodiscard]] std::optional<PublicIdentity> identity(const DestinationHash& destination) const;
  /// Newest ratchet, unless announced more than 30 days ago.
  [[nodiscard]] std::optional<Hash32> ratchet(const DestinationHash& destination) const;
  /// Display name of an lxmf.delivery destination, or empty.
  [[nodiscard]] std::string name(const DestinationHash& destination) const;
  [[nodiscard]] bool takes_compressed(const DestinationHash& destination) const;
  /// Encrypts to a destination with its ratchet or else its identity key.
  [[nodiscard]] std::optional<Bytes> seal(const DestinationHash& destination, ByteView plaintext);

 private:
  struct Peer {
    DestinationHash destination;
    Time heard;
    std::optional<Hash32> ratchet;
    std::string name;
    bool compression = true;
  };
  static Peer read(const DestinationHash& destination, const wire::Announce& announce, Time heard,
                   const NameHash& delivery_name);
  /// From memory, else from the announce stored with the path (after a restart).
  [[nodiscard]] std::optional<Peer> find(const DestinationHash& destination) const;

  Context& context_;
  NameHash delivery_name_;
  std::list<Peer> peers_;  ///< most recently heard first
  absl::flat_hash_map<DestinationHash, std::list<Peer>::iterator> index_;
};

}  // namespace mehr::endpoint
