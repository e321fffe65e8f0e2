// Memory of the tables: zeroed cache lines, on huge pages where the system has them. Taken at
// construction and given back at the end; nothing in between. Any thread.
#pragma once

#include <cstddef>

namespace mehr::dataplane {

/// `count` zeroed lines of 64 bytes. Fails like operator new.
void* take_lines(std::size_t count);
void free_lines(void* lines);

}  // namespace mehr::dataplane
