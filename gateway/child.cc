// fork, prctl, exec; pidfd for everything after.
#include "gateway/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

extern char** environ;

namespace mehr::gateway {
namespace {

constexpr int kCannotExecute = 127;  // as shells report it

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (std::string& string : strings)
    out.push_back(string.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& extra) {
  std::vector<std::string> out = extra;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view inherited(*entry);
    const std::string_view name = inherited.substr(0, inherited.find('=') + 1);
    // Ours to hand out: the service manager's watchdog is meant for this process.
    bool replaced = name == "WATCHDOG_PID=" || name == "WATCHDOG_USEC=" || name == "NOTIFY_SOCKET=";
    for (const std::string& set : extra)
      replaced = replaced || set.rfind(name, 0) == 0;
    if (!replaced) out.emplace_back(inherited);
  }
  return out;
}

// Between fork and exec only calls that are safe in a signal handler.
[[noreturn]] void become(char* const* arguments, char* const* environment, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(0);  // the parent died before prctl
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(arguments[0], arguments, environment);
  _exit(kCannotExecute);
}

}  // namespace

std::string ChildEnd::text() const {
  if (!signalled) return "exit code " + std::to_string(code);
  return "signal " + std::to_string(code) + " (" + strsignal(code) + ")";
}

Result<Child> Child::start(const std::vector<std::string>& command,
                           const std::vector<std::string>& environment) {
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = merged_environment(environment);
  const auto argument_pointers = pointers(arguments);
  const auto variable_pointers = pointers(variables);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return absl::ResourceExhaustedError(std::string("fork: ") + std::strerror(errno));
  if (pid == 0) become(argument_pointers.data(), variable_pointers.data(), parent);
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    const std::string why = std::strerror(errno);
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return absl::UnavailableError("pidfd_open: " + why + "; Linux 5.3 or later is needed");
  }
  fcntl(pidfd, F_SETFD, FD_CLOEXEC);
  return Child(pid, pidfd);
}

Child::~Child() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (pidfd_ >= 0) close(pidfd_);
}

Child::Child(Child&& other) noexcept : pid_(other.pid_), pidfd_(other.pidfd_) {
  other.pid_ = -1;
  other.pidfd_ = -1;
}

void Child::signal(int number) const {
  if (pid_ > 0) syscall(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0);
}

std::optional<ChildEnd> Child::ended() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  if (WIFSIGNALED(status)) return ChildEnd{true, WTERMSIG(status)};
  return ChildEnd{false, WEXITSTATUS(status)};
}

}  // namespace mehr::gateway
