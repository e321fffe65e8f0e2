// What every part of the endpoint is handed: its collaborators and the time of the running call.
// Owned by Endpoint; also the one place that talks to the signer, so that an answer which comes
// after the endpoint is gone finds nobody. Reactor thread.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "controlplane/endpoint/endpoint.h"

namespace mehr::endpoint {

struct Context {
  EndpointConfig config;
  routing::Router& router;
  signer::Signer& signer;
  EndpointSink& sink;
  Random& random;
  border::Counters& counters;
  std::function<UnixTime()> wall;
  /// Of the running or, in a late answer of the signer, the latest call.
  Time now{};
  /// Something happened since next_due() was last worked out.
  bool stirred = true;
  /// Bytes reserved by incoming resources of all links, at most kResourceMemoryMax.
  std::size_t resource_memory = 0;
  std::shared_ptr<const bool> alive = std::make_shared<const bool>(true);

  void count(border::Counter counter) const { counters.add(counter); }

  /// Calls `done` with the signature. A refusal is counted and ends the matter: whoever waits runs
  /// into a timeout of its own.
  void sign(signer::Purpose purpose, Bytes material, std::function<void(const Signature&)> done) {
    signer.sign(purpose, std::move(material),
                [this, life = std::weak_ptr<const bool>(alive),
                 done = std::move(done)](std::optional<Signature> signature) {
                  if (life.expired()) return;
                  stirred = true;
                  if (!signature) return count(border::Counter::kEndpointSignerRefused);
                  done(*signature);
                });
  }
  /// Decrypts a packet to a local destination. `done` is not called when it does not decrypt.
  void open(ByteView ciphertext, std::function<void(const Bytes&)> done) {
    signer.open(to_bytes(ciphertext), {},
                [this, life = std::weak_ptr<const bool>(alive),
                 done = std::move(done)](std::optional<Bytes> plaintext) {
                  if (life.expired()) return;
                  stirred = true;
                  if (!plaintext) return count(border::Counter::kEndpointUndecryptable);
                  done(*plaintext);
                });
  }
};

}  // namespace mehr::endpoint
