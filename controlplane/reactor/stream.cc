// The queue has two halves: callers append to one while the kernel sends from the other. All writes
// of one turn leave in one send.
#include "controlplane/reactor/stream.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace mehr::reactor {
namespace {

/// How long a finished stream waits for the other side to hang up before it does so itself.
constexpr Duration kLinger = 2s;
/// What one turn brings in may be far more than a queue holds: this much does not wait for its end.
constexpr std::size_t kEnoughToSend = std::size_t{64} << 10U;
/// What streams that share_queue_memory() queue together beyond their limits, at most.
constexpr std::size_t kShared = std::size_t{64} << 20U;
/// How far back streams look for how fast their readers are.
constexpr Duration kWindow = 100ms;
/// Queue memory beyond this is returned by a queue that no longer needs it.
constexpr std::size_t kKeptCapacity = std::size_t{64} << 10U;

/// Gives memory back that the last write did not need. A busy queue keeps it: getting it anew for
/// every write costs a page fault a page.
void trim(Bytes& queue, std::size_t written) {
  if (queue.capacity() > kKeptCapacity && written < queue.capacity() / 8) queue = {};
}

}  // namespace

StreamCore::StreamCore(std::shared_ptr<Loop> loop, Fd fd, std::string peer)
    : loop_(std::move(loop)), fd_(std::move(fd)), peer_(std::move(peer)) {}

template <typename Call>
void StreamCore::call_out(Call call) {
  const auto self = shared_from_this();
  ++calling_;
  call();
  --calling_;
  if (calling_ == 0 && (abandoned_ || ended_)) {
    const Stream::Events doomed = std::exchange(events_, {});
  }
}

void StreamCore::start(Stream::Events events) {
  MEHR_ASSERT(!started_);
  started_ = true;
  events_ = std::move(events);
  if (over()) return;
  arm_read();
}

StreamCore::~StreamCore() {
  count(0);
}

bool StreamCore::fits(std::size_t bytes) const {
  std::size_t limit = limit_;
  if (shares_) {
    const std::size_t left = kShared - std::min(kShared, loop_->shared_bytes);
    limit += std::min(left / 4, std::max(window_sent_, last_window_sent_));
  }
  return bytes <= limit && queued_bytes() <= limit - bytes;
}

void StreamCore::note_sent(std::size_t bytes) {
  if (!shares_) return;
  if (const Duration passed = loop_->now - window_; passed >= kWindow) {
    last_window_sent_ = passed < 2 * kWindow ? window_sent_ : 0;
    window_sent_ = 0;
    window_ = loop_->now;
  }
  window_sent_ += bytes;
}

void StreamCore::count(std::size_t queued) {
  if (!shares_) return;
  loop_->shared_bytes += queued - counted_;
  counted_ = queued;
}

bool StreamCore::write(ByteView data) {
  if (over() || finishing_) return false;
  if (!fits(data.size())) return false;
  append(waiting_, data);
  if (waiting_.size() >= kEnoughToSend && !write_armed_) flush_early();
  count(queued_bytes());
  if (!flush_due_ && !write_armed_) {
    flush_due_ = true;
    loop_->defer(shared_from_this(), kFlush);
  }
  return true;
}

std::size_t StreamCore::queued_bytes() const {
  return waiting_.size() + sending_.size() - sent_;
}

void StreamCore::flush(std::size_t taken) {
  if (over() || write_armed_ || waiting_.empty()) return;
  sending_.swap(waiting_);
  sent_ = taken;
  write_armed_ = true;
  arm_write(ByteView(sending_).subspan(sent_));
}

void StreamCore::flush_early() {
  const std::size_t taken = send_at_once(waiting_);
  note_sent(taken);
  if (taken == waiting_.size()) {
    waiting_.clear();
  } else {
    flush(taken);
  }
}

void StreamCore::wrote(std::size_t bytes) {
  sent_ += bytes;
  note_sent(bytes);
  count(queued_bytes());
  if (over()) return;
  if (sent_ < sending_.size()) {
    arm_write(ByteView(sending_).subspan(sent_));
    return;
  }
  write_armed_ = false;
  sent_ = 0;
  const std::size_t written = sending_.size();
  sending_.clear();
  trim(sending_, written);
  if (!waiting_.empty()) {
    flush();
    return;
  }
  trim(waiting_, written);
  if (events_.drained) call_out([this] { events_.drained(); });
  finish_when_drained();
}

void StreamCore::finish() {
  if (over() || finishing_) return;
  finishing_ = true;
  // Deferred: a stream with nothing queued must not report its end inside this call.
  loop_->defer(shared_from_this(), kFlush);
}

void StreamCore::finish_when_drained() {
  if (over() || !finishing_ || shut_ || queued_bytes() > 0) return;
  shut_ = true;
  shut_write();
  const std::weak_ptr<StreamCore> weak = weak_from_this();
  linger_ = loop_->timers.at(loop_->now + kLinger, [weak] {
    if (const auto self = weak.lock()) self->end(absl::OkStatus());
  });
}

void StreamCore::completed(unsigned tag, const Completion& completion) {
  if (tag != kFlush) {
    kind_completed(tag, completion);
    return;
  }
  flush_due_ = false;
  flush();
  finish_when_drained();
}

void StreamCore::received(ByteView data) {
  if (over() || !events_.data) return;
  call_out([&] { events_.data(data); });
}

void StreamCore::end(const Status& status) {
  if (over()) return;
  ended_ = true;
  loop_->timers.cancel(std::exchange(linger_, {}));
  hang_up();
  call_out([&] {
    if (events_.closed) events_.closed(status);
  });
}

void StreamCore::abandon() {
  const auto self = shared_from_this();
  const bool was_over = over();
  abandoned_ = true;
  if (!loop_->dead) loop_->timers.cancel(std::exchange(linger_, {}));
  if (!was_over) hang_up();
  if (calling_ == 0) {
    const Stream::Events doomed = std::exchange(events_, {});
  }
}

namespace {

class StreamHandle final : public Stream {
 public:
  StreamHandle(std::shared_ptr<StreamCore> core, std::optional<PeerUser> peer_user)
      : core_(std::move(core)), peer_user_(std::move(peer_user)) {}
  ~StreamHandle() override { core_->abandon(); }
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;

  void start(Events events) override { core_->start(std::move(events)); }
  bool write(ByteView data) override { return core_->write(data); }
  [[nodiscard]] std::size_t queued_bytes() const override { return core_->queued_bytes(); }
  void set_queue_limit(std::size_t bytes) override { core_->set_queue_limit(bytes); }
  void share_queue_memory() override { core_->share_queue_memory(); }
  void finish() override { core_->finish(); }
  [[nodiscard]] const std::string& peer() const override { return core_->peer(); }
  [[nodiscard]] const std::optional<PeerUser>& peer_user() const override { return peer_user_; }

 private:
  std::shared_ptr<StreamCore> core_;
  std::optional<PeerUser> peer_user_;
};

}  // namespace

std::unique_ptr<Stream> make_stream_handle(std::shared_ptr<StreamCore> core,
                                           std::optional<PeerUser> peer_user) {
  return std::make_unique<StreamHandle>(std::move(core), std::move(peer_user));
}

}  // namespace mehr::reactor
