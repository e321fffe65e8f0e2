// Keeps the dataplane's neighbours and keys what the hop links' are. Owns their numbers there and
// what was told; keys themselves are asked for when they are handed over and not kept. Pure;
// reactor thread. Source: core/border/001.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "controlplane/link/links.h"
#include "core/border/messages.h"

namespace mehr::accelerator {

/// The lane the dataplane seals on; 0 is this process's own.
inline constexpr std::uint8_t kDataplaneLane = 1;

/// A neighbour the dataplane is to carry, and where it is.
struct WantedNeighbour {
  link::LendableSession session;
  border::SetNeighbour place;  ///< its index is set here
};

/// Whose the keys are; link::Links behind one function each.
class KeySource {
 public:
  virtual ~KeySource() = default;
  virtual void lend(link::NeighbourId id, bool lent) = 0;
  virtual std::optional<border::SetReceive> lend_receive(link::NeighbourId id,
                                                         std::uint32_t local_index) = 0;
  virtual std::optional<border::SetSend> lend_send(link::NeighbourId id, std::uint8_t lane) = 0;
};

class SessionMirror {
 public:
  /// The other side knows nobody now, and has that much room. Whoever was lent is taken back.
  /// @param neighbours 0: nobody is lent from now on
  void reset(std::uint32_t neighbours, std::uint32_t receive_places, KeySource& keys);
  /// Appends what makes its neighbours and keys these. A neighbour without room there is left out.
  void set(const std::vector<WantedNeighbour>& wanted, KeySource& keys,
           std::vector<border::Down>& out);

  [[nodiscard]] std::optional<std::uint16_t> number(link::NeighbourId id) const;
  [[nodiscard]] std::optional<link::NeighbourId> neighbour(std::uint16_t number) const;
  [[nodiscard]] std::vector<link::NeighbourId> lent() const;
  [[nodiscard]] std::size_t size() const { return told_.size(); }
  [[nodiscard]] std::size_t receive_keys() const { return places_.size(); }
  /// Neighbours the dataplane seals for, too.
  [[nodiscard]] std::size_t sending() const;

 private:
  struct Told {
    border::SetNeighbour place;
    std::set<std::uint32_t> receive_indices;
    std::optional<std::uint32_t> send_index;
  };

  bool fits(const link::LendableSession& session, const Told* told) const;
  void drop(std::map<link::NeighbourId, Told>::iterator which, KeySource& keys,
            std::vector<border::Down>& out);
  void set_keys(const link::LendableSession& session, Told& told, KeySource& keys,
                std::vector<border::Down>& out);

  std::uint32_t place_mask_ = 0;
  std::deque<std::uint16_t> free_;  ///< the longest free first: notes under way name old ones
  std::map<link::NeighbourId, Told> told_;
  std::map<std::uint16_t, link::NeighbourId> by_number_;
  std::set<std::uint32_t> places_;  ///< of receiver indices, taken
};

}  // namespace mehr::accelerator
