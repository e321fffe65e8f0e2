// Detached threads, counted. They hold the mailbox alive and touch nothing else of the loop.
#include "controlplane/reactor/resolve.h"

#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <system_error>
#include <thread>

namespace mehr::reactor {
namespace {

constexpr int kMostThreads = 16;
/// Addresses tried of one name; more would only delay the next attempt.
constexpr std::size_t kMostAddresses = 8;

std::atomic<int> running_threads{0};

Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0) {
    return absl::UnavailableError("cannot find host \"" + host + "\": " + gai_strerror(failed));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    if (addresses.size() == kMostAddresses) break;
    SocketAddress address;
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
    addresses.push_back(address);
  }
  freeaddrinfo(found);
  return addresses;
}

/// Starts a thread that inherits a mask with every signal blocked: signals belong to the loop.
void run_detached(std::function<void()> work) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread(std::move(work)).detach();
  } catch (const std::system_error&) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

void resolve(const std::shared_ptr<Mailbox>& mailbox, std::string host, std::uint16_t port,
             ResolveFn done) {
  using Answer = Result<std::vector<SocketAddress>>;
  const auto post = [](const std::shared_ptr<Mailbox>& to, ResolveFn call, Answer answer) {
    to->post([call = std::move(call), answer = std::move(answer)] { call(answer); });
  };
  if (const auto numeric = numeric_address(host, port); numeric.ok()) {
    post(mailbox, std::move(done), Answer({*numeric}));
    return;
  }
  const auto refuse = [&](const char* why) {
    --running_threads;
    post(mailbox, done,
         absl::ResourceExhaustedError(std::string("cannot look up \"") + host + "\" now: " + why));
  };
  if (++running_threads > kMostThreads) {
    refuse("too many look-ups are waiting for the name server");
    return;
  }
  try {
    run_detached([mailbox, host, port, done, post] {
      Answer answer = look_up(host, port);
      post(mailbox, done, std::move(answer));
      --running_threads;
    });
  } catch (const std::system_error&) {
    refuse("no thread available");
  }
}

}  // namespace mehr::reactor
