// A Unix stream socket with poll for the timeouts.
#include "tools/mehr/admin_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace mehr::cli {
namespace {

constexpr Duration kSendTimeout = 10s;

Time now() {
  timespec value{};
  clock_gettime(CLOCK_MONOTONIC, &value);
  return Time{std::chrono::seconds{value.tv_sec} + std::chrono::microseconds{value.tv_nsec / 1000}};
}

bool wait_for(int socket, short events, Time until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now());
  pollfd wait{socket, events, 0};
  return poll(&wait, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 86'400'000))) >
         0;
}

Status connect_error(const std::string& path, int error) {
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError("no permission for " + path +
                                       ": run mehr as root (sudo) or as the user mehrd runs as");
  }
  if (error == ENOENT || error == ECONNREFUSED) {
    return absl::UnavailableError(
        "mehrd is not running at " + path +
        ": start it with `systemctl start mehr-gateway` or pass --socket");
  }
  return absl::UnavailableError("cannot connect to " + path + ": " + std::strerror(error));
}

}  // namespace

Result<AdminClient> AdminClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError("the socket's path is empty or longer than " +
                                      std::to_string(sizeof(address.sun_path) - 1) +
                                      " bytes: " + path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return absl::InternalError(std::string("socket: ") + std::strerror(errno));
  AdminClient client(descriptor);
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (::connect(descriptor, generic, sizeof(address)) != 0) return connect_error(path, errno);
  return client;
}

AdminClient::~AdminClient() {
  if (socket_ >= 0) close(socket_);
}

AdminClient::AdminClient(AdminClient&& other) noexcept
    : socket_(other.socket_), reader_(std::move(other.reader_)) {
  other.socket_ = -1;
}

Status AdminClient::send(const api::RequestT& request) {
  const Bytes frame = api::encode_request(request);
  if (frame.empty()) return absl::InvalidArgumentError("too long: a request holds at most 1 MiB");
  ByteView left = frame;
  const Time until = now() + kSendTimeout;
  while (!left.empty()) {
    if (!wait_for(socket_, POLLOUT, until))
      return absl::DeadlineExceededError("mehrd does not read");
    const ssize_t sent = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    // What the daemon said before it closed is still to be read: next() reports it.
    if (sent < 0) return absl::OkStatus();
    left = left.subspan(static_cast<std::size_t>(sent));
  }
  return absl::OkStatus();
}

Result<std::unique_ptr<api::ResponseT>> AdminClient::next(Duration timeout) {
  const Time until = now() + timeout;
  std::array<std::uint8_t, 65'536> chunk;
  for (;;) {
    if (const auto body = reader_.next()) {
      auto response = api::decode_response(*body);
      if (response == nullptr) {
        return absl::UnavailableError("what answers is no mehrd, or one of another version");
      }
      return response;
    }
    if (!wait_for(socket_, POLLIN, until))
      return absl::DeadlineExceededError("mehrd does not answer");
    const ssize_t size = recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size <= 0) return absl::UnavailableError("mehrd closed the connection: see its log");
    if (!reader_.append(ByteView(chunk).first(static_cast<std::size_t>(size)))) {
      return absl::UnavailableError("what answers is no mehrd, or one of another version");
    }
  }
}

}  // namespace mehr::cli
