// The arguments DPDK wants, made from what we know.
#include "dataplane/port/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace mehr::dataplane {
namespace {

std::string core_list(std::vector<unsigned> cores) {
  if (cores.empty()) cores.push_back(static_cast<unsigned>(std::max(0, ::sched_getcpu())));
  std::string out;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    out += (i == 0 ? "" : ",") + std::to_string(i) + "@" + std::to_string(cores[i]);
  }
  return out;
}

bool is_pci_address(const std::string& device) {
  return device.size() >= 7 && device.find(':') != std::string::npos &&
         device.rfind("net_", 0) != 0;
}

}  // namespace

std::size_t free_huge_pages_mb() {
  std::size_t total = 0;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", ignored)) {
    const std::string name = entry.path().filename();  // hugepages-2048kB
    const auto dash = name.find('-');
    std::ifstream file(entry.path() / "free_hugepages");
    std::size_t pages = 0;
    if (dash == std::string::npos || !(file >> pages)) continue;
    total += pages * std::stoul(name.substr(dash + 1)) / 1'024;
  }
  return total;
}

Result<EalFacts> start_eal(const EalOptions& options) {
  EalFacts facts;
  const std::size_t there = free_huge_pages_mb();
  facts.huge_pages = options.huge_pages.value_or(there >= options.memory_mb);
  if (facts.huge_pages && there < options.memory_mb) {
    return absl::ResourceExhaustedError(
        "huge pages wanted, " + std::to_string(options.memory_mb) + " MiB of them, and only " +
        std::to_string(there) + " MiB are free: sysctl vm.nr_hugepages=" +
        std::to_string(options.memory_mb / 2) + ", or start without huge pages");
  }
  if (!facts.huge_pages) {
    facts.note = "running without huge pages: physical NICs cannot be used, lookups are slower";
  }
  std::vector<std::string> arguments{"mehr-dataplane", "--no-telemetry", "--no-shconf",
                                     "--log-level",    "lib.eal:error",  "--log-level",
                                     "pmd.*:warning",  "--lcores",       core_list(options.cores)};
  arguments.insert(arguments.end(), {"-m", std::to_string(options.memory_mb)});
  if (facts.huge_pages) {
    arguments.insert(arguments.end(), {"--huge-unlink", "--file-prefix", "mehr"});
  } else {
    arguments.emplace_back("--no-huge");
  }
  bool physical = false;
  for (const std::string& device : options.devices) {
    physical = physical || is_pci_address(device);
    arguments.insert(arguments.end(), {is_pci_address(device) ? "--allow" : "--vdev", device});
  }
  if (!physical) arguments.emplace_back("--no-pci");
  std::vector<char*> pointers;
  for (std::string& argument : arguments)
    pointers.push_back(argument.data());
  rte_log_set_global_level(RTE_LOG_WARNING);
  if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0) {
    return absl::UnavailableError(std::string("DPDK does not start: ") + rte_strerror(rte_errno) +
                                  "; its reason is in the lines above");
  }
  return facts;
}

void stop_eal() {
  rte_eal_cleanup();
}

}  // namespace mehr::dataplane
