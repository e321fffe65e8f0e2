// From the control plane's messages to steps a worker may take unseen: every index, lane and port
// is checked against what there is room for here. Owns what it must remember for that: neighbours
// with their endpoints, receiver indices. Control thread; pure, the way to an address is asked of
// somebody else.
#pragma once

#include <optional>

#include "dataplane/orders.h"
#include "dataplane/worker.h"

namespace mehr::dataplane {

/// Knows the headers to an endpoint: from what the endpoint says itself and, where that is not
/// enough, from the kernel's tables.
class Carriers {
 public:
  virtual ~Carriers() = default;
  /// @return nullopt when there is no way now
  virtual std::optional<CarrierHeader> header(std::uint16_t port,
                                              const border::Endpoint& endpoint) = 0;
};

class Translator {
 public:
  /// @param ports highest port number and one. References outlive it.
  Translator(const Sizes& sizes, std::size_t ports, std::uint64_t ticks_per_second,
             Carriers& carriers, Random& random);

  /// Appends the steps of `message`. @param now ticks
  /// @return false, nothing appended, when it is outside what there is room for
  bool add(const border::Down& message, Ticks now, Batch& batch);
  /// The kernel's tables changed: steps for neighbours whose headers are others now.
  void follow(Batch& batch);
  /// Frames for SendRaw without a way to their address, so far.
  [[nodiscard]] std::uint64_t unreachable() const { return unreachable_; }
  /// Neighbours that are set, for readings.
  [[nodiscard]] bool set(NeighbourIndex index) const { return neighbours_[index].set; }

 private:
  struct Known {
    bool set = false, followed = false;
    std::uint16_t port = 0;
    border::Endpoint endpoint;
    CarrierHeader header;
  };
  struct Place {
    bool used = false;
    std::uint32_t index = 0;
    NeighbourIndex neighbour = kNoNeighbour;
  };

  bool translate(const border::Hello& m, Batch& batch);
  bool translate(const border::Reset& m, Batch& batch);
  bool translate(const border::SetReceive& m, Batch& batch);
  bool translate(const border::DropReceive& m, Batch& batch);
  bool translate(const border::SetSend& m, Batch& batch);
  bool translate(const border::SetNeighbour& m, Batch& batch);
  bool translate(const border::DropNeighbour& m, Batch& batch);
  bool translate(const border::SetNextHop& m, Batch& batch);
  bool translate(const border::SetLink& m, Batch& batch);
  bool translate(const border::SetFlow& m, Batch& batch);
  bool translate(const border::DropFlow& m, Batch& batch);
  bool translate(const border::Inject& m, Batch& batch);
  bool translate(const border::SendRaw& m, Batch& batch);
  bool translate(const border::Sync& m, Batch& batch);
  bool translate(const border::Seen& m, Batch& batch);
  [[nodiscard]] bool known(std::uint16_t neighbour) const;
  [[nodiscard]] Ticks deadline(std::uint64_t remaining_ns) const;
  void drop(NeighbourIndex neighbour, Batch& batch);
  void drop_receive(Place& place, Batch& batch);
  void put_header(NeighbourIndex index, Batch& batch);
  [[nodiscard]] std::optional<CarrierHeader> last_header(std::uint16_t port,
                                                         const border::Endpoint& endpoint) const;

  Sizes sizes_;
  std::size_t ports_;
  std::uint64_t ticks_per_second_;
  Carriers& carriers_;
  Random& random_;
  std::vector<Known> neighbours_;
  std::vector<Place> places_;
  Ticks now_ = 0;
  std::uint64_t unreachable_ = 0;
};

}  // namespace mehr::dataplane
