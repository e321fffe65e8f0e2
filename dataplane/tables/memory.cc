// Aligned memory and the advice about its pages.
#include "dataplane/tables/memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <new>

namespace mehr::dataplane {
namespace {

constexpr std::align_val_t kLine{64};

}  // namespace

void* take_lines(std::size_t count) {
  const std::size_t bytes = count * 64;
  void* memory = ::operator new(bytes, kLine);
  // Huge pages save a page walk per lookup; without them it only gets slower.
  constexpr std::uintptr_t kPage = 4'096;
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + kPage - 1) & ~(kPage - 1);
  const auto end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) & ~(kPage - 1);
  if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  std::memset(memory, 0, bytes);
  return memory;
}

void free_lines(void* lines) {
  ::operator delete(lines, kLine);
}

}  // namespace mehr::dataplane
