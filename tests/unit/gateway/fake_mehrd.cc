// A stand-in for mehrd: what it does at its n-th start is the n-th word of $FAKE_SCRIPT; the count
// is kept as the size of the file $FAKE_COUNT.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "controlplane/notify/notify.h"

int main() {
  const char* const count_file = std::getenv("FAKE_COUNT");
  struct stat info {};
  const auto start = stat(count_file, &info) == 0 ? info.st_size : 0;
  std::ofstream(count_file, std::ios::app) << '.';

  std::istringstream script(std::getenv("FAKE_SCRIPT"));
  std::string word;
  for (off_t i = 0; i <= start; ++i)
    script >> word;

  const mehr::notify::Notifier notifier;
  if (word == "crash") std::abort();
  if (word == "config") return 2;
  if (word == "hang") {
    for (;;)
      pause();
  }
  notifier.send("READY=1");
  if (word == "ready-crash") std::abort();
  if (word == "stubborn") signal(SIGTERM, SIG_IGN);
  // The supervisor is our parent: ask it to stop, as a service manager would.
  if (word == "stop" || word == "stubborn") kill(getppid(), SIGTERM);
  if (word == "hup") {
    kill(getppid(), SIGHUP);
    kill(getppid(), SIGTERM);
  }
  for (;;)
    pause();
}
