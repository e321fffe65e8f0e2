// One ring, a table of the operations in flight (slot and generation make the user data, so late
// completions of reused slots cannot be confused), and one pool of receive buffers that the kernel
// picks from.
#include "controlplane/reactor/ring.h"

#include <liburing.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "core/base/assert.h"

namespace mehr::reactor {
namespace {

constexpr unsigned kSubmissionEntries = 2048;
constexpr unsigned kCompletionEntries = 8192;
/// Completions handled before timers and posted tasks get their turn.
constexpr unsigned kCompletionsPerTurn = 1024;
/// The same in time, so that what is to be sent does not wait for all that has arrived.
constexpr auto kLongestTurn = 2ms;
/// Receive buffers: shared by all streams, each in use only between kernel and callback.
constexpr std::uint16_t kBufferCount = 256;
constexpr std::size_t kBufferBytes = 8192;
constexpr int kBufferGroup = 1;

std::string open_failure(int error) {
  const std::string head = "io_uring cannot be used: ";
  switch (error) {
    case EPERM:
    case EACCES:
      return head +
             "the kernel does not permit it; set `sysctl kernel.io_uring_disabled=0` and allow "
             "io_uring_setup, io_uring_enter and io_uring_register in the system call filter";
    case ENOSYS:
      return head +
             "this kernel has none, or a system call filter hides it; 6.1 or newer is needed";
    case ENOMEM:
      return head + "not enough memory may be locked; raise `ulimit -l` (LimitMEMLOCK)";
    default:
      return head + std::strerror(error) + "; kernel 6.1 or newer is needed";
  }
}

struct Slot {
  std::shared_ptr<Completer> target;  ///< null = free
  unsigned tag = 0;
  std::uint32_t generation = 1;
};

}  // namespace

struct Ring::Impl {
  io_uring ring{};
  bool ring_open = false;
  io_uring_buf_ring* buffer_ring = nullptr;
  std::vector<std::uint8_t> buffers;
  std::vector<Slot> slots;
  std::vector<std::uint32_t> free_slots;
  std::size_t in_flight = 0;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (ring_open) io_uring_queue_exit(&ring);
    std::free(buffer_ring);
  }

  io_uring_sqe* next_entry() {
    io_uring_sqe* entry = io_uring_get_sqe(&ring);
    for (int tries = 0; entry == nullptr && tries < 16; ++tries) {
      io_uring_submit(&ring);
      entry = io_uring_get_sqe(&ring);
    }
    MEHR_ASSERT(entry != nullptr);
    return entry;
  }

  std::uint64_t take_slot(std::shared_ptr<Completer> target, unsigned tag) {
    if (free_slots.empty()) {
      free_slots.push_back(static_cast<std::uint32_t>(slots.size()));
      slots.emplace_back();
    }
    const std::uint32_t index = free_slots.back();
    free_slots.pop_back();
    slots[index].target = std::move(target);
    slots[index].tag = tag;
    ++in_flight;
    return (std::uint64_t{slots[index].generation} << 32U) | index;
  }

  Slot* find(std::uint64_t user_data) {
    const auto index = static_cast<std::uint32_t>(user_data);
    if (index >= slots.size()) return nullptr;
    Slot& slot = slots[index];
    const bool current = slot.target && slot.generation == user_data >> 32U;
    return current ? &slot : nullptr;
  }

  template <typename Prepare>
  OperationId start(std::shared_ptr<Completer> target, unsigned tag, Prepare prepare) {
    io_uring_sqe* entry = next_entry();
    prepare(entry);
    const std::uint64_t user_data = take_slot(std::move(target), tag);
    io_uring_sqe_set_data64(entry, user_data);
    return {user_data};
  }

  void give_buffer(unsigned id) {
    io_uring_buf_ring_add(buffer_ring, buffers.data() + id * kBufferBytes, kBufferBytes,
                          static_cast<std::uint16_t>(id), io_uring_buf_ring_mask(kBufferCount), 0);
    io_uring_buf_ring_advance(buffer_ring, 1);
  }

  Status register_buffers();
  void dispatch(const io_uring_cqe& cqe);
};

Status Ring::Impl::register_buffers() {
  constexpr std::size_t kPage = 4096;
  void* memory = nullptr;
  if (posix_memalign(&memory, kPage, kBufferCount * sizeof(io_uring_buf)) != 0) {
    return absl::ResourceExhaustedError("no memory for receive buffers");
  }
  buffer_ring = static_cast<io_uring_buf_ring*>(memory);
  buffers.resize(kBufferCount * kBufferBytes);
  io_uring_buf_ring_init(buffer_ring);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(memory);
  registration.ring_entries = kBufferCount;
  registration.bgid = kBufferGroup;
  const int failed = io_uring_register_buf_ring(&ring, &registration, 0);
  if (failed != 0) return absl::UnavailableError(open_failure(-failed));
  for (unsigned id = 0; id < kBufferCount; ++id)
    give_buffer(id);
  return absl::OkStatus();
}

void Ring::Impl::dispatch(const io_uring_cqe& cqe) {
  Slot* slot = find(cqe.user_data);
  if (slot == nullptr) return;
  Completion completion;
  completion.result = cqe.res;
  completion.more = (cqe.flags & IORING_CQE_F_MORE) != 0;
  const bool has_buffer = (cqe.flags & IORING_CQE_F_BUFFER) != 0;
  const unsigned buffer = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
  if (has_buffer && cqe.res > 0) {
    completion.data = {buffers.data() + buffer * kBufferBytes, static_cast<std::size_t>(cqe.res)};
  }
  std::shared_ptr<Completer> target = slot->target;
  const unsigned tag = slot->tag;
  if (!completion.more) {
    slot->target.reset();
    ++slot->generation;
    if (slot->generation == 0) slot->generation = 1;
    free_slots.push_back(static_cast<std::uint32_t>(cqe.user_data));
    --in_flight;
  }
  target->completed(tag, completion);
  if (has_buffer) give_buffer(buffer);
}

Ring::Ring(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ring::~Ring() {
  drain();
}

Result<std::unique_ptr<Ring>> Ring::open() {
  auto impl = std::make_unique<Impl>();
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  parameters.cq_entries = kCompletionEntries;
  const int failed = io_uring_queue_init_params(kSubmissionEntries, &impl->ring, &parameters);
  if (failed != 0) return absl::UnavailableError(open_failure(-failed));
  impl->ring_open = true;
  if (const Status status = impl->register_buffers(); !status.ok()) return status;
  return std::unique_ptr<Ring>(new Ring(std::move(impl)));
}

OperationId Ring::accept(std::shared_ptr<Completer> target, unsigned tag, int fd) {
  return impl_->start(std::move(target), tag, [&](io_uring_sqe* entry) {
    io_uring_prep_multishot_accept(entry, fd, nullptr, nullptr, SOCK_CLOEXEC);
  });
}

OperationId Ring::receive(std::shared_ptr<Completer> target, unsigned tag, int fd) {
  return impl_->start(std::move(target), tag, [&](io_uring_sqe* entry) {
    io_uring_prep_recv_multishot(entry, fd, nullptr, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = kBufferGroup;
  });
}

OperationId Ring::send(std::shared_ptr<Completer> target, unsigned tag, int fd, ByteView data) {
  return impl_->start(std::move(target), tag, [&](io_uring_sqe* entry) {
    io_uring_prep_send(entry, fd, data.data(), data.size(), MSG_NOSIGNAL);
  });
}

OperationId Ring::connect(std::shared_ptr<Completer> target, unsigned tag, int fd,
                          const sockaddr* address, unsigned address_bytes) {
  return impl_->start(std::move(target), tag, [&](io_uring_sqe* entry) {
    io_uring_prep_connect(entry, fd, address, address_bytes);
  });
}

OperationId Ring::receive_message(std::shared_ptr<Completer> target, unsigned tag, int fd,
                                  msghdr* message) {
  return impl_->start(std::move(target), tag,
                      [&](io_uring_sqe* entry) { io_uring_prep_recvmsg(entry, fd, message, 0); });
}

OperationId Ring::poll(std::shared_ptr<Completer> target, unsigned tag, int fd, unsigned events) {
  return impl_->start(std::move(target), tag,
                      [&](io_uring_sqe* entry) { io_uring_prep_poll_add(entry, fd, events); });
}

void Ring::cancel(OperationId operation) {
  if (impl_->find(operation.value) == nullptr) return;
  io_uring_sqe* entry = impl_->next_entry();
  io_uring_prep_cancel64(entry, operation.value, 0);
  io_uring_sqe_set_data64(entry, 0);
}

Status Ring::turn(Duration longest) {
  const Status status = wait(longest);
  if (status.ok()) complete();
  return status;
}

Status Ring::wait(Duration longest) {
  io_uring_cqe* cqe = nullptr;
  int outcome = 0;
  if (longest > Duration::zero()) {
    __kernel_timespec timeout{};
    timeout.tv_sec = longest / 1s;
    timeout.tv_nsec = (longest % 1s).count() * 1000;
    outcome = io_uring_submit_and_wait_timeout(&impl_->ring, &cqe, 1, &timeout, nullptr);
  } else {
    outcome = io_uring_submit_and_get_events(&impl_->ring);
  }
  const bool harmless = outcome >= 0 || outcome == -ETIME || outcome == -EINTR ||
                        outcome == -EAGAIN || outcome == -EBUSY;
  if (!harmless) {
    return absl::InternalError(std::string("io_uring failed: ") + std::strerror(-outcome));
  }
  return absl::OkStatus();
}

void Ring::complete() {
  io_uring_cqe* cqe = nullptr;
  const auto end = std::chrono::steady_clock::now() + kLongestTurn;
  for (unsigned left = kCompletionsPerTurn; left > 0; --left) {
    if (io_uring_peek_cqe(&impl_->ring, &cqe) != 0) break;
    io_uring_cqe copy{};
    copy.user_data = cqe->user_data;
    copy.res = cqe->res;
    copy.flags = cqe->flags;
    io_uring_cqe_seen(&impl_->ring, cqe);
    impl_->dispatch(copy);
    if (std::chrono::steady_clock::now() >= end) break;
  }
}

void Ring::drain() {
  constexpr int kRounds = 200;  // of 10 ms
  for (int round = 0; round < kRounds && impl_->in_flight > 0; ++round) {
    for (std::size_t i = 0; i < impl_->slots.size(); ++i) {
      const Slot& slot = impl_->slots[i];
      if (slot.target) cancel({(std::uint64_t{slot.generation} << 32U) | i});
    }
    if (!turn(10ms).ok()) break;
  }
}

std::size_t Ring::in_flight() const {
  return impl_->in_flight;
}

}  // namespace mehr::reactor
