// All links of this host: opens and accepts them, finds the one a packet belongs to and hands its
// contents on. Bounded by max_links; when full, the oldest that never became active gives way, else
// the newcomer is refused. Reactor thread. Source: reticulum-wire §14, §16.
#pragma once

#include <map>

#include "controlplane/endpoint/peers.h"
#include "controlplane/endpoint/receipts.h"
#include "controlplane/endpoint/transfers.h"

namespace mehr::endpoint {

struct LinkHooks {
  /// A link we asked for is active.
  std::function<void(Link& link)> established;
  /// A link that others asked for is active.
  std::function<void(Link& link)> accepted;
  /// A link is gone, whoever ended it; failed transfers have been reported before.
  std::function<void(const LinkId& link)> closed;
  /// A packet with context kNone, decrypted.
  std::function<void(Link& link, const Bytes& plaintext, const routing::Delivery& delivery)> packet;
  TransferHooks transfers;
};

class Links {
 public:
  Links(Context& context, Peers& peers, Receipts& receipts, LinkHooks hooks);
  ~Links();

  /// An open or opening link to this destination, else a new request.
  /// @return nullopt when its identity is unknown, the table is full or no interface is up
  std::optional<LinkId> connect(const DestinationHash& destination);
  [[nodiscard]] Link* find(const LinkId& id);
  [[nodiscard]] Transfers* transfers(const LinkId& id);
  /// Ends a link; its entry goes with the next sweep().
  void close(const LinkId& id);

  void request_arrived(const routing::Delivery& delivery);
  /// Anything addressed to a link of ours, proofs included.
  void packet_arrived(const routing::Delivery& delivery);
  void interface_down(routing::InterfaceId id);

  void tick();
  /// Removes closed links and tells about them. Called when nothing of a link is on the stack.
  /// @return whether there were any: telling about them may have closed more
  bool sweep();
  [[nodiscard]] Time next_due() const;
  /// Active ones.
  [[nodiscard]] std::size_t open() const;

 private:
  struct Entry {
    std::unique_ptr<Link> link;
    std::unique_ptr<Transfers> transfers;
  };
  bool make_room();
  void add(std::unique_ptr<Link> link);
  void data_arrived(Entry& entry, const routing::Delivery& delivery);
  void sealed_arrived(Entry& entry, const routing::Delivery& delivery);
  void dispatch(Entry& entry, const routing::Delivery& delivery, const Bytes& plaintext);
  [[nodiscard]] std::uint32_t offered_mtu(const DestinationHash& destination) const;
  [[nodiscard]] std::uint32_t accepted_mtu(const wire::LinkRequest& request,
                                           routing::InterfaceId from) const;

  Context& context_;
  Peers& peers_;
  Receipts& receipts_;
  LinkHooks hooks_;
  std::map<LinkId, Entry> links_;
};

}  // namespace mehr::endpoint
