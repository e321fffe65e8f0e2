// The intruder of tests/unit/link, deciding by the fuzzer's bytes: three honest nodes in one
// process, and never a link that is not between two of them.
#include <cstdlib>

#include "intruder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 4'096;
  mehr::link::Intruder intruder(1);
  const std::string wrong = intruder.run({data, size < kMost ? size : kMost});
  if (!wrong.empty()) std::abort();
  return 0;
}
