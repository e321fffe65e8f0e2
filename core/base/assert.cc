// The end of a process whose invariant broke.
#include "core/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace mehr {

void assert_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "assertion failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace mehr
