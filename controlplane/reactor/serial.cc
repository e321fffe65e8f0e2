// Raw ttys on poll, read and write. See serial.h for why not io_uring reads.
#include "controlplane/reactor/serial.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "controlplane/reactor/stream.h"

namespace mehr::reactor {
namespace {

class TtyStream final : public StreamCore {
 public:
  TtyStream(std::shared_ptr<Loop> loop, Fd fd, std::string path, Fd other_end)
      : StreamCore(std::move(loop), std::move(fd), std::move(path)),
        other_end_(std::move(other_end)) {}

 private:
  enum Tag : unsigned { kReadable = kFirstKindTag, kWritable };
  /// Read before others get their turn.
  static constexpr int kReadsPerTurn = 16;

  void arm_read() override {
    readable_ = loop().ring->poll(shared_from_this(), kReadable, fd(), POLLIN);
  }
  void arm_write(ByteView data) override {
    to_write_ = data;
    write_some();
  }
  void shut_write() override {
    // A line has no half end: what is queued has been written, that is all there is to say.
    end(absl::OkStatus());
  }
  void hang_up() override {
    loop().ring->cancel(readable_);
    loop().ring->cancel(writable_);
    other_end_.reset();
  }

  void kind_completed(unsigned tag, const Completion&) override {
    if (over()) return;
    if (tag == kWritable) {
      write_some();
    } else {
      read_some();
    }
  }

  void read_some() {
    std::array<std::uint8_t, 4096> buffer;
    for (int left = kReadsPerTurn; left > 0; --left) {
      const auto got = ::read(fd(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) break;
      if (got <= 0) {
        // A line that hung up reads as end of file or as an input error, by kind of driver.
        end(absl::UnavailableError(peer() + " hung up: unplugged, or its other end closed"));
        return;
      }
      received(ByteView(buffer.data(), static_cast<std::size_t>(got)));
      if (over()) return;
    }
    arm_read();
  }

  void write_some() {
    const auto put = ::write(fd(), to_write_.data(), to_write_.size());
    if (put >= 0) {
      wrote(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN || errno == EINTR) {
      writable_ = loop().ring->poll(shared_from_this(), kWritable, fd(), POLLOUT);
    } else {
      end(absl::UnavailableError(system_error_text("writing to " + peer() + " failed", errno)));
    }
  }

  Fd other_end_;  ///< of a pty made here: open, so the master survives times without a user
  ByteView to_write_;
  OperationId readable_, writable_;
};

struct Baud {
  std::uint32_t rate;
  speed_t code;
};
constexpr std::array kBauds = {
    Baud{1200, B1200},         Baud{2400, B2400},         Baud{4800, B4800},
    Baud{9600, B9600},         Baud{19'200, B19200},      Baud{38'400, B38400},
    Baud{57'600, B57600},      Baud{115'200, B115200},    Baud{230'400, B230400},
    Baud{460'800, B460800},    Baud{500'000, B500000},    Baud{576'000, B576000},
    Baud{921'600, B921600},    Baud{1'000'000, B1000000}, Baud{1'152'000, B1152000},
    Baud{1'500'000, B1500000}, Baud{2'000'000, B2000000}, Baud{2'500'000, B2500000},
    Baud{3'000'000, B3000000}, Baud{3'500'000, B3500000}, Baud{4'000'000, B4000000},
};

Status make_raw(int fd, const std::string& path, std::uint32_t baud) {
  const auto* speed = std::find_if(kBauds.begin(), kBauds.end(),
                                   [baud](const Baud& entry) { return entry.rate == baud; });
  if (speed == kBauds.end()) {
    return absl::InvalidArgumentError("no serial line runs at " + std::to_string(baud) +
                                      " baud; common rates are 115200 and 57600");
  }
  termios line{};
  if (::tcgetattr(fd, &line) != 0) {
    return absl::InvalidArgumentError(path + " is not a serial line");
  }
  ::cfmakeraw(&line);
  line.c_cflag &= ~static_cast<tcflag_t>(CSTOPB | CRTSCTS | PARENB);
  line.c_cflag |= CLOCAL | CREAD | CS8;
  line.c_cc[VMIN] = 1;
  line.c_cc[VTIME] = 0;
  ::cfsetspeed(&line, speed->code);
  if (::tcsetattr(fd, TCSANOW, &line) != 0) {
    return absl::UnavailableError(system_error_text("cannot set up " + path, errno));
  }
  ::tcflush(fd, TCIOFLUSH);
  return absl::OkStatus();
}

Status open_failure(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
      return absl::NotFoundError("no device at " + path);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError("no permission to open " + path +
                                         ": add the service's user to the group that owns it "
                                         "(usually dialout)");
    case EBUSY:
      return absl::UnavailableError(path + " is in use by another program");
    default:
      return absl::UnavailableError(system_error_text("cannot open " + path, error));
  }
}

}  // namespace

Result<std::unique_ptr<Stream>> open_serial(const std::shared_ptr<Loop>& loop,
                                            const std::string& path, SerialOptions options) {
  Fd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) return open_failure(path, errno);
  // One user at a time: two programs on one radio only garble each other. A lock rather than
  // TIOCEXCL, because it ends with its owner even where a pty's maker keeps the line open.
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return open_failure(path, EBUSY);
  if (const Status status = make_raw(fd.get(), path, options.baud); !status.ok()) return status;
  auto core = std::make_shared<TtyStream>(loop, std::move(fd), path, Fd());
  return make_stream_handle(std::move(core), std::nullopt);
}

Result<PseudoTerminal> open_pty(const std::shared_ptr<Loop>& loop) {
  Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  std::array<char, 128> path{};
  if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
      ::ptsname_r(master.get(), path.data(), path.size()) != 0) {
    return absl::UnavailableError(system_error_text("cannot make a pty", errno));
  }
  const std::string slave_path(path.data());
  Fd slave(::open(slave_path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) return open_failure(slave_path, errno);
  if (const Status raw = make_raw(slave.get(), slave_path, SerialOptions{}.baud); !raw.ok()) {
    return raw;
  }
  auto core = std::make_shared<TtyStream>(loop, std::move(master), slave_path, std::move(slave));
  return PseudoTerminal{make_stream_handle(std::move(core), std::nullopt), slave_path};
}

}  // namespace mehr::reactor
