// A system call filter that refuses io_uring, as container runtimes install it: the reactor must
// say what to change. In a child process, because a filter cannot be taken off again.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "tests/unit/reactor/loop_test.h"

namespace mehr::reactor {
namespace {

bool forbid_io_uring(int error) {
  std::array<sock_filter, 4> program = {{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_io_uring_setup},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/// What Reactor::create says in a process where io_uring_setup fails with `error`; "skip" when no
/// filter can be installed here.
std::string message_when_refused(int error) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "skip";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text = "skip";
    if (forbid_io_uring(error)) {
      const auto made = Reactor::create();
      text = made.ok() ? "it worked" : std::string(made.status().message());
    }
    const auto written = ::write(ends[1], text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string out(4096, '\0');
  const auto got = ::read(ends[0], out.data(), out.size());
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  ::close(ends[0]);
  int state = 0;
  ::waitpid(child, &state, 0);
  return out;
}

TEST(Forbidden, SaysWhatToChange) {
  const std::string refused = message_when_refused(EPERM);
  if (refused == "skip") GTEST_SKIP() << "no system call filters here";
  EXPECT_NE(refused.find("kernel.io_uring_disabled=0"), std::string::npos) << refused;
  EXPECT_NE(refused.find("system call filter"), std::string::npos) << refused;
  const std::string hidden = message_when_refused(ENOSYS);
  EXPECT_NE(hidden.find("6.1 or newer"), std::string::npos) << hidden;
}

}  // namespace
}  // namespace mehr::reactor
