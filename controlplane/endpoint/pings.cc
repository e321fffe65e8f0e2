// A ping waits for a path if there is none, is sent once, and ends with a proof or its deadline.
#include "controlplane/endpoint/pings.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "controlplane/endpoint/timing.h"
#include "core/crypto/hash.h"
#include "core/crypto/identity.h"

namespace mehr::endpoint {

Pings::Pings(Context& context, Peers& peers, Receipts& receipts)
    : context_(context), peers_(peers), receipts_(receipts) {}

void Pings::start(const DestinationHash& destination, std::size_t payload_bytes, Duration timeout,
                  Done done) {
  PingResult refused;
  if (payload_bytes > wire::kEncryptedMdu) {
    refused.reason =
        absl::StrCat("a packet carries at most ", wire::kEncryptedMdu, " bytes of payload");
  } else if (pings_.size() >= kMaxPings) {
    refused.reason = absl::StrCat(kMaxPings, " pings are running already");
  }
  if (!refused.reason.empty()) return done(refused);
  Ping ping;
  ping.number = ++last_number_;
  ping.destination = destination;
  ping.payload_bytes = payload_bytes;
  ping.deadline = context_.now + timeout;
  ping.next_request = context_.now;
  ping.done = std::move(done);
  pings_.push_back(std::move(ping));
  try_send(pings_.back());
}

void Pings::try_send(Ping& ping) {
  if (ping.sent) return;
  const auto identity = peers_.identity(ping.destination);
  if (!identity || context_.router.path(ping.destination) == nullptr) {
    if (context_.now < ping.next_request) return;
    ping.next_request = context_.now + kPathRequestStep;
    context_.router.request_path(ping.destination, context_.now, true);
    return;
  }
  Bytes payload(ping.payload_bytes);
  context_.random.fill(payload);
  const auto sealed = peers_.seal(ping.destination, payload);
  if (!sealed) return;
  wire::Packet packet;
  packet.destination = ping.destination;
  packet.data = *sealed;
  const Bytes raw = wire::encode_packet(packet);
  if (!context_.router.send(raw, context_.now).sent) return;
  ping.sent = true;
  ping.wire_bytes = raw.size();
  receipts_.add(crypto::packet_hash(raw), crypto::verify_key(*identity),
                [this, number = ping.number](const ProofSeen& proof) { proved(number, proof); });
}

void Pings::proved(std::uint64_t number, const ProofSeen& proof) {
  const auto at = std::find_if(pings_.begin(), pings_.end(),
                               [&](const Ping& ping) { return ping.number == number; });
  if (at == pings_.end()) return;
  PingResult result;
  result.answered = true;
  result.hops = proof.hops;
  result.rtt_ms = to_seconds(proof.rtt) * 1e3;
  result.signal = proof.signal;
  finish(at, result);
}

void Pings::finish(std::list<Ping>::iterator at, const PingResult& result) {
  const Ping ping = std::move(*at);
  pings_.erase(at);
  PingResult complete = result;
  complete.wire_bytes = ping.wire_bytes;
  ping.done(complete);
}

void Pings::announce_heard(const DestinationHash& destination) {
  for (Ping& ping : pings_) {
    if (ping.destination == destination) try_send(ping);
  }
}

void Pings::tick() {
  for (auto at = pings_.begin(); at != pings_.end();) {
    const auto here = at++;
    if (context_.now < here->deadline) {
      try_send(*here);
      continue;
    }
    PingResult result;
    result.reason = here->sent ? "no proof came back in time" : "no path to the destination";
    finish(here, result);
  }
}

Time Pings::next_due() const {
  Time due = Time::max();
  for (const Ping& ping : pings_) {
    due = std::min(due, ping.sent ? ping.deadline : std::min(ping.deadline, ping.next_request));
  }
  return due;
}

}  // namespace mehr::endpoint
