// poll, one packet at a time down, everything that is there up.
#include "dataplane/control.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace mehr::dataplane {
namespace {

using border::Counter;

constexpr int kSocketBuffer = 1 << 20;  // a dozen full packets either way
constexpr int kQuickMs = 1;             // between looks at the rings while there is traffic
constexpr int kIdleMs = 10;
constexpr unsigned kReadingsASecond = 10;
constexpr unsigned kCounterRounds = 5;     // readings between two of counters and meters
constexpr unsigned kRefreshRounds = 50;    // and between two looks at lost addresses
constexpr unsigned kActivitySeconds = 30;  // one pass over the table of flows
constexpr std::uint32_t kBucketsAtOnce = 1'024;
constexpr std::size_t kKeysAtOnce = 1'024;
constexpr std::size_t kPlacesAtOnce = 16'384;  // most are free, which a byte of each tells

void say(const std::string& sentence) {
  std::fprintf(stderr, "mehr-dataplane: %s\n", sentence.c_str());
}

std::string reason() {
  return std::system_category().message(errno);
}

/// Only whoever runs this process, or root, gives keys.
bool is_trusted(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

}  // namespace

Control::Control(ControlSettings settings, border::Ready ready, const Sizes& sizes,
                 WorkerRings& rings, const WorkerLoop& worker, ControlHost& host, Random& random)
    : settings_(std::move(settings)),
      ready_(std::move(ready)),
      sizes_(sizes),
      rings_(rings),
      worker_(worker),
      host_(host),
      translator_(sizes, ready_.ports.size(), settings_.ticks_per_second, host.carriers(), random),
      reports_(sizes.neighbours),
      in_(border::kPacketMax + 1) {}

Control::~Control() {
  if (connection_ >= 0) close(connection_);
  if (listener_ >= 0) close(listener_);
  if (listener_ >= 0 && !settings_.socket.empty()) unlink(settings_.socket.c_str());
  Batch* batch = nullptr;
  while (rings_.done.pop(batch) || rings_.orders.pop(batch))
    delete batch;
  wipe(in_);
}

Status Control::open() {
  if (settings_.socket.empty()) {
    int listening = 0, type = 0;
    socklen_t size = sizeof listening;
    if (getsockopt(settings_.descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
        type != SOCK_SEQPACKET ||
        getsockopt(settings_.descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) {
      return absl::InvalidArgumentError("descriptor " + std::to_string(settings_.descriptor) +
                                        " is no socket of type SOCK_SEQPACKET");
    }
    if (listening != 0) {
      listener_ = settings_.descriptor;
    } else {
      connect(settings_.descriptor);
    }
    return absl::OkStatus();
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (settings_.socket.size() >= sizeof address.sun_path)
    return absl::InvalidArgumentError("the path of the socket is too long: " + settings_.socket);
  std::copy(settings_.socket.begin(), settings_.socket.end(), address.sun_path);
  listener_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  unlink(settings_.socket.c_str());
  const mode_t before = umask(0177);
  const void* generic = &address;
  const bool bound = listener_ >= 0 &&
                     bind(listener_, static_cast<const sockaddr*>(generic), sizeof address) == 0 &&
                     listen(listener_, 4) == 0;
  const std::string why = reason();
  umask(before);
  if (!bound) return absl::UnavailableError("cannot listen on " + settings_.socket + ": " + why);
  return absl::OkStatus();
}

void Control::accept_one() {
  const int got = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (got < 0) return;
  if (connection_ >= 0 || !is_trusted(got)) {
    say(connection_ >= 0 ? "a second control plane is turned away"
                         : "a program of another user is turned away");
    close(got);
    return;
  }
  connect(got);
}

void Control::connect(int descriptor) {
  connection_ = descriptor;
  setsockopt(connection_, SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof kSocketBuffer);
  reports_.begin();
  out_.clear();
  stuck_ = greeted_ = false;
  deliver({border::Up{ready_}});
  say("the control plane is connected");
}

void Control::disconnect(const std::string& why) {
  say("the control plane is gone (" + why + "); forwarding goes on with what it installed");
  close(connection_);
  connection_ = -1;
  out_.clear();
  stuck_ = false;
}

bool Control::receive_one() {
  if (connection_ < 0 || !room()) return false;
  const ssize_t got = recv(connection_, in_.data(), in_.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    disconnect(got == 0 ? "it closed the connection" : reason());
    return false;
  }
  const MutableByteView packet{in_.data(), std::min(static_cast<std::size_t>(got), in_.size())};
  const auto messages = border::decode_down(packet);
  const bool greeted =
      greeted_ || (messages && std::holds_alternative<border::Hello>(messages->front()));
  greeted_ = greeted;
  if (!messages || !greeted) {
    wipe(packet);
    disconnect("it sent something that is no message of version " +
               std::to_string(border::kVersion) + ", or did not say hello first");
    return false;
  }
  auto batch = std::make_unique<Batch>();
  batch->steps.reserve(messages->size() + 8);
  const Ticks now = __rdtsc();
  for (const border::Down& message : *messages) {
    if (!translator_.add(message, now, *batch)) counters_.add(Counter::kBorderRefused);
  }
  wipe(packet);
  order(std::move(batch));
  return true;
}

void Control::order(std::unique_ptr<Batch> batch) {
  if (batch->steps.empty()) return;
  const bool pushed = rings_.orders.push(batch.release());
  MEHR_ASSERT(pushed);
  ++under_way_;
}

void Control::take_back() {
  Batch* batch = nullptr;
  while (rings_.done.pop(batch)) {
    delete batch;
    --under_way_;
  }
}

bool Control::flush() {
  if (out_.empty()) return true;
  const ByteView packet = out_.packet();
  const ssize_t sent = send(connection_, packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)) {
    stuck_ = true;
    return false;
  }
  stuck_ = false;
  out_.clear();
  if (sent < 0) disconnect(reason());
  return true;
}

/// What does not fit while the listener does not read is lost: it is old by then.
void Control::deliver(const std::vector<border::Up>& messages) {
  for (const border::Up& message : messages) {
    if (connection_ < 0) return counters_.add(Counter::kPuntUnheard);
    if (out_.add(message)) continue;
    if (!flush() || connection_ < 0 || !out_.add(message)) counters_.add(Counter::kPuntUnheard);
  }
}

bool Control::deliver_notes() {
  bool any = false;
  if (stuck_ && !flush()) return false;
  for (ByteView note = rings_.notes.front(); !note.empty(); note = rings_.notes.front()) {
    const auto messages = reports_.of_note(note);
    any = any || !messages.empty();
    deliver(messages);
    rings_.notes.pop();
    if (reports_.take_fresh() && connection_ >= 0) deliver_readings();
    if (stuck_) break;
  }
  if (connection_ >= 0) flush();
  return any;
}

void Control::deliver_readings() {
  border::Counters all = counters_;
  all.add(Counter::kHopNoCarrier, translator_.unreachable());
  host_.count_ports(all);
  deliver(reports_.counters(all));
  deliver(reports_.meters(worker_.received(), worker_.sent()));
}

/// Ten times a second: some of the keys, some of the flows; twice a second counters and meters.
void Control::readings(Ticks now) {
  if (now < next_readings_ || !room()) return;
  next_readings_ = now + settings_.ticks_per_second / kReadingsASecond;
  ++round_;
  auto batch = std::make_unique<Batch>();
  const std::size_t keys = std::min(kKeysAtOnce, sizes_.neighbours - next_keys_);
  batch->steps.emplace_back(
      ReadKeysStep{static_cast<NeighbourIndex>(next_keys_), static_cast<std::uint16_t>(keys)});
  next_keys_ = next_keys_ + keys == sizes_.neighbours ? 0 : next_keys_ + keys;
  const std::size_t places = std::min(kPlacesAtOnce, sizes_.receive_places - next_places_);
  batch->steps.emplace_back(ReadReceiveStep{static_cast<std::uint32_t>(next_places_),
                                            static_cast<std::uint32_t>(places)});
  next_places_ = (next_places_ + places) % sizes_.receive_places;
  // Three entries a bucket, half of them free at most.
  const std::size_t buckets = sizes_.flows / (kActivitySeconds * kReadingsASecond) + 1;
  for (std::size_t done = 0; done < buckets; done += kBucketsAtOnce) {
    batch->steps.emplace_back(ReadActivityStep{static_cast<std::uint32_t>(
        std::min<std::size_t>(kBucketsAtOnce, std::max<std::size_t>(64, buckets - done)))});
  }
  if (round_ % kCounterRounds == 0) batch->steps.emplace_back(ReadCountersStep{});
  if (round_ % kRefreshRounds == 0) follow_ = true;
  order(std::move(batch));
}

void Control::wait(std::atomic<bool>& stop, int signals, bool busy) {
  std::array<pollfd, 4> wanted{};
  const short connection_events =
      static_cast<short>((room() ? POLLIN : 0) | (stuck_ ? POLLOUT : 0));
  wanted[0] = {listener_, POLLIN, 0};
  wanted[1] = {connection_, connection_events, 0};
  wanted[2] = {signals, POLLIN, 0};
  wanted[3] = {host_.tables_descriptor(), POLLIN, 0};
  poll(wanted.data(), wanted.size(), busy ? kQuickMs : kIdleMs);
  if (wanted[2].revents != 0) stop.store(true);
  if ((wanted[1].revents & (POLLHUP | POLLERR)) != 0 && (wanted[1].revents & POLLIN) == 0)
    disconnect("it closed the connection");
  if (wanted[0].revents != 0) accept_one();
  if (wanted[3].revents != 0 && host_.tables_changed()) follow_ = true;
  if (follow_ && room()) {
    follow_ = false;
    auto batch = std::make_unique<Batch>();
    translator_.follow(*batch);
    order(std::move(batch));
  }
}

void Control::run(std::atomic<bool>& stop, int signals) {
  unsigned calm = 0;
  while (!stop.load()) {
    take_back();
    bool busy = deliver_notes();
    while (receive_one()) {
      busy = true;
      take_back();
    }
    readings(__rdtsc());
    calm = busy ? 0 : std::min(calm + 1, 100U);
    wait(stop, signals, calm < 20);
  }
  take_back();
  deliver_notes();
}

}  // namespace mehr::dataplane
