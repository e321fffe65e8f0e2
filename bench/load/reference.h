// What every figure is a multiple of: libipsec-mb's job interface sealing packets of one size, one
// after the other, 64 keys in turn. Absent where the library is not installed. Bench thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace mehr::bench {

class Reference {
 public:
  /// nullptr when this was built without the library.
  static std::unique_ptr<Reference> make(std::size_t packet_bytes);
  virtual ~Reference() = default;
  /// Seals `count` packets.
  virtual void run(std::size_t count) = 0;
};

}  // namespace mehr::bench
