// mehr-dataplane as a process of its own, with the test as its control plane and files as its
// wires. Headers are written and read here by hand and frames are sealed and opened by
// core/crypto/aead, so that nothing of the dataplane checks itself. Tests only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/border/counters.h"
#include "core/border/messages.h"

namespace mehr::stages {

using border::Down;
using border::Endpoint;
using border::Up;

/// Frames of a capture file, Ethernet.
void write_pcap(const std::string& path, const std::vector<Bytes>& frames);
std::vector<Bytes> read_pcap(const std::string& path);

/// Whole Ethernet frames as a wire of this endpoint carries them. `inbound`: as the far end sends
/// them, otherwise as we do. Checksums are right.
struct Wrap {
  bool inbound = true;
  bool vlan = false;
  std::uint16_t fragment = 0;  ///< IPv4 flags and offset
  std::size_t ip_options = 0;  ///< bytes, a multiple of 4
  std::size_t padding = 0;     ///< behind the frame
};
Bytes wrapped(const Endpoint& endpoint, ByteView hop_frame, const Wrap& how = {});

/// Neighbour n of every test: its wire, keys and indices.
Endpoint udp4(std::uint8_t n);
Endpoint udp6(std::uint8_t n);
Endpoint ethernet(std::uint8_t n);
Hash32 key_in(std::uint16_t n);
Hash32 key_out(std::uint16_t n);
std::uint32_t index_in(std::uint16_t n);
std::uint32_t index_out(std::uint16_t n);
/// A frame as neighbour n seals it.
Bytes sealed(std::uint16_t n, std::uint64_t sequence, ByteView records);
/// The frame we must have sealed for neighbour n.
Bytes sealed_by_us(std::uint16_t n, std::uint64_t sequence, ByteView records);
Bytes record(std::uint8_t hop_class, std::uint8_t price, ByteView body);

class Dataplane {
 public:
  /// @param arguments besides --fd, which is a pair's end
  explicit Dataplane(const std::vector<std::string>& arguments);
  /// One that somebody else has started. @param socket path it listens on
  explicit Dataplane(const std::string& socket);
  ~Dataplane();
  Dataplane(const Dataplane&) = delete;
  Dataplane& operator=(const Dataplane&) = delete;

  void tell(const std::vector<Down>& messages);
  /// Neighbour n with keys both ways, sequences from 0.
  void tell_neighbour(std::uint16_t n, const Endpoint& endpoint);
  /// Reads until `done` says so of some message. @return false when it takes over 20 s
  bool hear_until(const std::function<bool(const Up&)>& done);
  /// Sync, and its answer.
  bool sync();
  /// A counter as it was last told, 0 before.
  [[nodiscard]] std::uint64_t counter(border::Counter which) const;
  /// Until that many frames were received.
  bool frames_received(std::uint64_t count);
  /// SIGTERM. @return its exit code, -1 when it was killed
  int stop();

  /// Everything of that kind that came up so far; views stay valid.
  template <typename Message>
  [[nodiscard]] std::vector<Message> all() const {
    std::vector<Message> out;
    for (const Up& message : heard_) {
      if (std::holds_alternative<Message>(message)) out.push_back(std::get<Message>(message));
    }
    return out;
  }

 private:
  bool read_packet();
  int socket_ = -1;
  int process_ = -1;
  std::uint64_t token_ = 0;
  std::vector<Up> heard_;
  std::vector<Bytes> kept_;  ///< packets the views of heard_ point into
};

}  // namespace mehr::stages
