// Outgoing messages from the moment they are accepted until they are proved or given up: signing,
// waiting for a path, attempts over a packet or a link, retries. Bounded by max_outbound_messages;
// when full, new ones are refused. Reactor thread. Source: spec/10 §2; schedule in timing.h.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <list>

#include "controlplane/endpoint/links.h"

namespace mehr::endpoint {

class Outbox {
 public:
  Outbox(Context& context, Peers& peers, Links& links, Receipts& receipts);

  /// @param source our lxmf.delivery destination
  Result<Message> send(const DestinationHash& source, const DestinationHash& destination,
                       std::string title, std::string content);
  /// A message from the store, not delivered when the process ended; its attempts start anew.
  void resume(Message message);

  /// The destination announced itself or answered a path request.
  void announce_heard(const routing::HeardAnnounce& heard);
  void link_established(Link& link);
  void link_closed(const LinkId& id);
  void transferred(const Hash32& token, TransferOutcome outcome, std::size_t wire_bytes);

  void tick();
  [[nodiscard]] Time next_due() const;
  [[nodiscard]] std::size_t size() const { return queue_.size(); }

 private:
  enum class Stage : std::uint8_t {
    kSigning,
    kReady,      ///< next attempt at `due`
    kPathless,   ///< next path request at `due`
    kProof,      ///< packet sent; proof expected until `due`
    kLinking,    ///< link requested
    kLinkProof,  ///< link packet sent; proof expected until `due`
    kTransfer,   ///< resource on its way
  };
  struct Item {
    Message message;
    Bytes payload;  ///< what the id covers
    Bytes packed;   ///< empty until signed
    Stage stage = Stage::kSigning;
    Time due;
    Time sent;                   ///< first transmission of the running attempt
    std::uint32_t attempts = 0;  ///< since accepted or resumed
    Time pathless_since;
    int path_requests = 0;
    LinkId link;
    int link_requests = 0;
    int link_tries = 0;
    std::size_t link_bytes = 0;  ///< of earlier link packets of this attempt
  };

  Status enqueue(Message message);
  void sign(const Item& item);
  Item* find(const Hash32& id);
  void advance(Item& item);
  void lack_path(Item& item, bool again);
  void send_packet(Item& item);
  void open_link(Item& item, const routing::PathEntry& path);
  void send_over(Item& item, Link& link);
  void send_link_packet(Item& item, Link& link);
  void link_proof_late(Item& item);
  void attempt_begins(Item& item, MessageMethod method, std::uint8_t hops);
  void attempt_failed(Item& item, std::string reason);
  void delivered(const Hash32& id, const ProofSeen* proof);
  void fail(Item& item, std::string reason);
  void changed(Item& item, MessageState state);
  [[nodiscard]] std::size_t in_flight(const DestinationHash& destination) const;
  Receipts::Proved on_proof(const Hash32& id);

  Context& context_;
  Peers& peers_;
  Links& links_;
  Receipts& receipts_;
  std::list<Item> queue_;  ///< oldest first
  absl::flat_hash_map<Hash32, std::list<Item>::iterator> index_;
};

}  // namespace mehr::endpoint
