// Keeps the dataplane's flows what the router's are: takes one flow after the other and says which
// messages make the other side the same. Owns the numbers of next hops and links; what does not
// fit, or leads to somebody the dataplane does not carry, is no flow there. Pure; reactor thread.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <functional>
#include <optional>
#include <vector>

#include "controlplane/routing/flow.h"
#include "core/border/messages.h"

namespace mehr::accelerator {

/// Numbers from 0 up to a limit, given back and given again.
class Numbers {
 public:
  explicit Numbers(std::uint32_t limit = 0) : limit_(limit) {}
  std::optional<std::uint32_t> take();
  void give_back(std::uint32_t number) { free_.push_back(number); }

 private:
  std::uint32_t limit_, next_ = 0;
  std::vector<std::uint32_t> free_;
};

class FlowMirror {
 public:
  /// The number by which the dataplane knows the neighbour behind an interface, if it carries it.
  using Carried = std::function<std::optional<std::uint16_t>(routing::InterfaceId)>;

  /// The other side knows nothing now, and has that much room.
  void reset(std::uint32_t next_hops, std::uint32_t links, std::uint64_t flows);
  /// Appends what makes its flow of `key` this one.
  void set(const Hash16& key, const routing::Flow& flow, const Carried& carried,
           std::vector<border::Down>& out);
  /// Whether flows were left out because that interface was not carried; forgets it.
  bool take_left_out(routing::InterfaceId interface) {
    return left_out_.erase(interface.value) > 0;
  }

  [[nodiscard]] std::size_t size() const { return flows_.size(); }
  [[nodiscard]] std::size_t next_hops() const { return hops_.size(); }
  [[nodiscard]] std::size_t links() const { return links_; }
  /// Flows that found no room, so far.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  struct HopKey {
    Hash16 transport_id;
    std::uint16_t neighbour = 0, limit = 0;
    bool last = false, sampled = false;
    bool operator==(const HopKey&) const = default;
    template <typename H>
    friend H AbslHashValue(H state, const HopKey& key) {
      return H::combine(std::move(state), key.transport_id, key.neighbour, key.limit, key.last,
                        key.sampled);
    }
  };
  struct HopUse {
    std::uint32_t index = 0;
    std::size_t flows = 0;
  };
  struct Told {
    border::FlowTarget target = border::FlowTarget::kLocal;
    std::uint32_t index = 0;
    HopKey hop;            ///< of a path
    border::SetLink link;  ///< of a link
  };

  bool set_path(const Hash16& key, const routing::PathFlow& flow, const Carried& carried,
                std::vector<border::Down>& out);
  bool set_link(const Hash16& key, const routing::LinkFlow& flow, const Carried& carried,
                std::vector<border::Down>& out);
  bool set_local(const Hash16& key, std::vector<border::Down>& out);
  void tell(const Hash16& key, const Told& told, std::vector<border::Down>& out);
  void drop(const Hash16& key, std::vector<border::Down>& out);
  void release(const Told& told);
  std::optional<std::uint16_t> carried_by(routing::InterfaceId interface, const Carried& carried);

  std::uint64_t room_ = 0, refused_ = 0;
  Numbers hop_numbers_, link_numbers_;
  absl::flat_hash_map<HopKey, HopUse> hops_;
  absl::flat_hash_map<Hash16, Told> flows_;
  absl::flat_hash_set<std::uint32_t> left_out_;
  std::size_t links_ = 0;
};

}  // namespace mehr::accelerator
