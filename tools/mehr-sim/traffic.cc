// Book-keeping of messages. See traffic.h.
#include "tools/mehr-sim/traffic.h"

#include <utility>

namespace mehr::mehr_sim {

using endpoint::MessageState;

bool Traffic::send(Host& from, const Host& to, std::size_t bytes, bool must_arrive) {
  if (!from.running()) return false;
  std::optional<Hash32> id;
  std::string content = std::to_string(++written_) + " ";
  for (std::size_t i = content.size(); i < bytes; ++i)
    content.push_back(static_cast<char>('a' + (i * 7 + written_) % 26));
  from.node().turn([&](Time now) {
    const auto sent = from.node().endpoint().send_message(to.address(), "", content, now);
    if (sent.ok()) id = sent->id;
  });
  if (!id) return false;
  Letter letter;
  letter.from = from.id();
  letter.to = to.id();
  letter.id = *id;
  letter.sent = engine_.now();
  letter.must_arrive = must_arrive;
  by_id_[*id] = letters_.size();
  letters_.push_back(std::move(letter));
  return true;
}

const Letter* Traffic::heard(HostId host, const endpoint::Message& message) {
  const auto found = by_id_.find(message.id);
  if (found == by_id_.end()) return nullptr;
  Letter& letter = letters_[found->second];
  const Time now = engine_.now();
  if (message.incoming) {
    if (host == letter.to && !letter.received) letter.received = now;
    return nullptr;
  }
  if (host != letter.from) return nullptr;
  letter.attempts = message.attempts;
  letter.hops = message.hops;
  letter.reason = message.reason;
  if (message.state == MessageState::kFailed && !letter.failed) letter.failed = now;
  if (message.state != MessageState::kDelivered || letter.delivered) return nullptr;
  letter.delivered = now;
  return &letter;
}

void Traffic::host_died(Host& host) {
  for (Letter& letter : letters_) {
    if (letter.from == host.id() && !letter.finished() && !host.disk().has_outgoing(letter.id)) {
      letter.forgotten = true;
    }
  }
}

TrafficTotals Traffic::totals() const {
  TrafficTotals out;
  for (const Letter& letter : letters_) {
    ++out.sent;
    if (letter.received) ++out.received;
    if (letter.delivered) {
      ++out.delivered;
    } else if (letter.failed) {
      ++out.failed;
    } else if (letter.forgotten) {
      ++out.forgotten;
    } else {
      ++out.open;
    }
  }
  return out;
}

}  // namespace mehr::mehr_sim
