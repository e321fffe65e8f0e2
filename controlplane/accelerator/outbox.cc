// First what waits, then what is being filled.
#include "controlplane/accelerator/outbox.h"

namespace mehr::accelerator {

bool Outbox::add(const border::Down& message) {
  if (filling_.add(message)) return true;
  if (waiting_.size() >= kPacketsMax) return false;
  put_away();
  return filling_.add(message);
}

void Outbox::put_away() {
  waiting_.push_back(to_bytes(filling_.packet()));
  filling_.clear();
}

void Outbox::flush(const std::function<bool(ByteView)>& send) {
  while (!waiting_.empty()) {
    if (!send(waiting_.front())) return;
    wipe(waiting_.front());
    waiting_.pop_front();
  }
  // What is not taken stays as it is: more fits in.
  if (!filling_.empty() && send(filling_.packet())) filling_.clear();
}

void Outbox::clear() {
  for (Bytes& packet : waiting_)
    wipe(packet);
  waiting_.clear();
  filling_.clear();
}

}  // namespace mehr::accelerator
