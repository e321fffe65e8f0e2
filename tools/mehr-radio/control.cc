// Clients are few and local: reads never block, answers are short and written at once.
#include "tools/mehr-radio/control.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

namespace mehr::mehr_radio {
namespace {

constexpr std::size_t kMaxClients = 16;
constexpr std::size_t kMaxLine = 512;

Status failed(const std::string& what) {
  return absl::UnavailableError(what + ": " + std::strerror(errno));
}

}  // namespace

Control::~Control() {
  for (const Client& client : clients_)
    ::close(client.descriptor);
  if (listener_ < 0) return;
  ::close(listener_);
  unlink(path_.c_str());
}

Status Control::listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return absl::InvalidArgumentError("--control " + path + " is too long for a socket name");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);

  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool answered = probe >= 0 && connect(probe, generic, sizeof address) == 0;
  const bool stale = !answered && errno == ECONNREFUSED;
  if (probe >= 0) ::close(probe);
  if (answered) return absl::AlreadyExistsError("another mehr-radio serves " + path);
  if (stale) unlink(path.c_str());

  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener_ < 0) return failed("cannot create a socket");
  if (bind(listener_, generic, sizeof address) != 0 || ::listen(listener_, 4) != 0) {
    const Status status = failed("cannot listen at " + path);
    ::close(listener_);
    listener_ = -1;
    return status;
  }
  path_ = path;
  return absl::OkStatus();
}

void Control::add_descriptors(std::vector<pollfd>& out) const {
  if (listener_ >= 0) out.push_back({.fd = listener_, .events = POLLIN, .revents = 0});
  for (const Client& client : clients_)
    out.push_back({.fd = client.descriptor, .events = POLLIN, .revents = 0});
}

void Control::serve() {
  if (listener_ < 0) return;
  const int fresh = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fresh >= 0) {
    if (clients_.size() >= kMaxClients)
      ::close(fresh);
    else
      clients_.push_back({.descriptor = fresh, .input = {}});
  }
  clients_.remove_if([&](Client& client) {
    if (serve(client)) return false;
    ::close(client.descriptor);
    return true;
  });
}

// False when the client is done with or misbehaves.
bool Control::serve(Client& client) {
  char chunk[kMaxLine];
  const ssize_t count = recv(client.descriptor, chunk, sizeof chunk, 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  client.input.append(chunk, static_cast<std::size_t>(count));
  for (std::size_t end; (end = client.input.find('\n')) != std::string::npos;) {
    std::istringstream line(client.input.substr(0, end));
    client.input.erase(0, end + 1);
    std::vector<std::string> words;
    for (std::string word; line >> word;)
      words.push_back(word);
    if (words.empty()) continue;
    const std::string answer = handler_(words) + "\n";
    if (send(client.descriptor, answer.data(), answer.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(answer.size()))
      return false;
  }
  return count > 0 && client.input.size() < kMaxLine;
}

}  // namespace mehr::mehr_radio
