// prctl and capset, without a library for two calls.
#include "dataplane/port/confine.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "core/base/assert.h"

namespace mehr::dataplane {

std::string confine(bool network) {
  std::string missing;
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    missing = "core dumps could not be switched off";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) missing = "no_new_privs could not be set";
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> has{};
  if (syscall(SYS_capget, &header, has.data()) != 0) return "capabilities cannot be read";
  const std::uint32_t keep = network ? 1U << CAP_NET_ADMIN : 0;
  // The bounding set first: that takes a capability.
  for (int i = 0; i <= CAP_LAST_CAP; ++i) {
    if ((has[0].effective & 1U << CAP_SETPCAP) != 0) prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
  }
  has[0].effective = has[0].permitted = has[0].permitted & keep;
  has[1].effective = has[1].permitted = 0;
  has[0].inheritable = has[1].inheritable = 0;
  if (syscall(SYS_capset, &header, has.data()) != 0) missing = "capabilities could not be dropped";
  return missing;
}

void SystemRandom::fill(MutableByteView out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    MEHR_ASSERT(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace mehr::dataplane
