// The master side reports a hang-up whenever no process has the slave open: that is how a host's
// coming and going is seen.
#include "tools/mehr-radio/ptys.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mehr::mehr_radio {
namespace {

constexpr std::size_t kMaxPending = 65'536;
constexpr std::size_t kReadAtOnce = 4096;

Status failed(const std::string& what) {
  return absl::UnavailableError(what + ": " + std::strerror(errno));
}

// Sets raw mode and leaves the pty without an open slave, so that it reads as hung up.
Status prepare_slave(const std::string& device) {
  const int slave = ::open(device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) return failed("cannot open " + device);
  termios settings{};
  tcgetattr(slave, &settings);
  cfmakeraw(&settings);
  cfsetspeed(&settings, B115200);
  tcsetattr(slave, TCSANOW, &settings);
  ::close(slave);
  return absl::OkStatus();
}

Status point_link(const std::string& link, const std::string& device) {
  struct stat found {};
  if (lstat(link.c_str(), &found) == 0 && !S_ISLNK(found.st_mode))
    return absl::AlreadyExistsError(link +
                                    " exists and is no symbolic link; choose another --link");
  const std::string fresh = link + ".new";
  unlink(fresh.c_str());
  if (symlink(device.c_str(), fresh.c_str()) != 0) return failed("cannot create " + fresh);
  if (rename(fresh.c_str(), link.c_str()) != 0) return failed("cannot create " + link);
  return absl::OkStatus();
}

}  // namespace

Pty::Pty(Pty&& other) noexcept {
  *this = std::move(other);
}

Pty& Pty::operator=(Pty&& other) noexcept {
  if (this == &other) return *this;
  close();
  master_ = std::exchange(other.master_, -1);
  device_ = std::move(other.device_);
  link_ = std::exchange(other.link_, {});
  present_ = other.present_;
  pending_ = std::move(other.pending_);
  return *this;
}

Result<Pty> Pty::open(const std::string& link) {
  Pty pty;
  pty.master_ = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (pty.master_ < 0)
    return failed("cannot open a pty (is /dev/pts mounted, is its limit reached?)");
  if (grantpt(pty.master_) != 0 || unlockpt(pty.master_) != 0) return failed("cannot unlock a pty");
  char name[128];
  if (ptsname_r(pty.master_, name, sizeof name) != 0) return failed("cannot name a pty");
  pty.device_ = name;
  if (const Status ready = prepare_slave(pty.device_); !ready.ok()) return ready;
  if (const Status linked = point_link(link, pty.device_); !linked.ok()) return linked;
  pty.link_ = link;
  return pty;
}

void Pty::close() {
  if (master_ >= 0) ::close(master_);
  master_ = -1;
  pending_.clear();
  present_ = false;
  // Only our own link: another run may have taken the name over.
  char target[128];
  const ssize_t length = link_.empty() ? -1 : readlink(link_.c_str(), target, sizeof target);
  if (length > 0 && device_ == std::string(target, static_cast<std::size_t>(length)))
    unlink(link_.c_str());
  link_.clear();
}

bool Pty::host_present() {
  if (master_ < 0) return false;
  pollfd look{.fd = master_, .events = 0, .revents = 0};
  const bool present = poll(&look, 1, 0) >= 0 && (look.revents & POLLHUP) == 0;
  if (present && !present_) {
    pending_.clear();
    tcflush(master_, TCOFLUSH);
  }
  present_ = present;
  return present;
}

Bytes Pty::read() {
  Bytes out;
  if (master_ < 0) return out;
  std::uint8_t chunk[kReadAtOnce];
  const ssize_t count = ::read(master_, chunk, sizeof chunk);
  if (count > 0) out.assign(chunk, chunk + count);
  return out;
}

void Pty::write(ByteView bytes) {
  if (!host_present()) return;
  const std::size_t room = kMaxPending - std::min(kMaxPending, pending_.size());
  append(pending_, bytes.first(std::min(room, bytes.size())));
  flush();
}

void Pty::flush() {
  if (master_ < 0) return;
  while (!pending_.empty()) {
    const ssize_t count = ::write(master_, pending_.data(), pending_.size());
    if (count <= 0) return;
    pending_.erase(pending_.begin(), pending_.begin() + count);
  }
}

}  // namespace mehr::mehr_radio
