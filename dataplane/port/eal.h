// DPDK's environment: started once per process, with huge pages where the machine has them and
// without where not. Owns its arguments and its log's manners. Main thread, before anything else
// of dataplane/port.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mehr::dataplane {

struct EalOptions {
  std::vector<std::string>
      devices;                  ///< "net_pcap0,rx_pcap=in.pcap" or a PCI address "0000:01:00.0"
  std::vector<unsigned> cores;  ///< the first runs the main thread; empty: the one we run on
  std::size_t memory_mb = 512;  ///< buffers and DPDK's own tables
  /// nullopt: huge pages when there are free ones, ordinary memory otherwise.
  std::optional<bool> huge_pages;
};

struct EalFacts {
  bool huge_pages = false;
  std::string note;  ///< a sentence for the operator when something is slower than it could be
};

/// @return an error that says what the machine lacks
Result<EalFacts> start_eal(const EalOptions& options);
void stop_eal();

/// Free huge pages of any size, in MiB.
std::size_t free_huge_pages_mb();

}  // namespace mehr::dataplane
