// A transport node under test as a process of its own: mehrd, or Reticulum's rnsd, each with two
// TCP servers on loopback and its limits opened. Owns the process and its folder. Bench thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mehr::bench {

struct NodeOptions {
  std::string mehrd;      ///< path of the program; empty: the next one
  std::string reticulum;  ///< checkout of Reticulum; its rnsd runs with /usr/bin/python3
  bool access_codes = false;
  unsigned core = 0;  ///< all threads of the node run there
};

inline constexpr const char* kNetwork = "bench";
inline constexpr const char* kPassphrase = "relay";
inline constexpr std::size_t kCodeBytes = 16;

class NodeProcess {
 public:
  /// Starts it; ports() accept connections soon after. Aborts with a sentence when it cannot.
  explicit NodeProcess(const NodeOptions& options);
  ~NodeProcess();  ///< ends the process and removes its folder
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;

  struct Ports {
    std::uint16_t a = 0, b = 0;
  };
  [[nodiscard]] Ports ports() const { return ports_; }
  /// Used by all its threads so far.
  [[nodiscard]] double cpu_seconds() const;
  [[nodiscard]] std::uint64_t resident_bytes() const;
  [[nodiscard]] bool alive() const;

 private:
  void write_mehrd_config() const;
  void write_rnsd_config() const;

  NodeOptions options_;
  std::filesystem::path folder_;
  Ports ports_;
  pid_t pid_ = -1;
};

}  // namespace mehr::bench
