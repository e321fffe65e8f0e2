// Programmer errors: MEHR_ASSERT stays on in release builds, prints where and why, and aborts.
#pragma once

namespace mehr {
[[noreturn]] void assert_failed(const char* expression, const char* file, int line);
}  // namespace mehr

#define MEHR_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::mehr::assert_failed(#expression, __FILE__, __LINE__))
