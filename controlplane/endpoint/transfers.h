// The resources on one link: a queue of outgoing ones, sent one at a time, and the incoming ones
// with their checks, segments and remembered proofs. Owned by the link's entry in links.h; reactor
// thread. Source: reticulum-wire §18.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "controlplane/endpoint/link.h"
#include "controlplane/endpoint/resource_receiver.h"
#include "controlplane/endpoint/resource_sender.h"

namespace mehr::endpoint {

enum class TransferOutcome : std::uint8_t { kComplete, kRefused, kFailed };

struct TransferHooks {
  /// An outgoing transfer ended. @param wire_bytes all packets it took
  std::function<void(const Hash32& token, TransferOutcome outcome, std::size_t wire_bytes)> sent;
  /// A whole resource arrived; prove it once it is durable.
  std::function<void(Link& link, Bytes data, const wire::ResourceProof& proof,
                     std::size_t wire_bytes)>
      received;
};

class Transfers {
 public:
  Transfers(Context& context, Link& link, const TransferHooks& hooks);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  /// Queues a resource. @param token comes back in TransferHooks::sent @return false when the queue
  /// is full
  bool send(const Hash32& token, Bytes data, bool compress);
  /// The data of a received resource is durable.
  void prove(const wire::ResourceProof& proof);

  // --- packets of this link, by context ---
  void advertised(ByteView plaintext);
  void requested(ByteView plaintext, const Hash32& packet_hash);
  void part(ByteView data);
  void map_update(ByteView plaintext);
  void cancelled_by_sender(ByteView plaintext);
  void cancelled_by_receiver(ByteView plaintext);
  void proved(ByteView data);
  /// The sender misses the proof packet of this hash.
  void proof_asked(ByteView packet_hash);

  void tick();
  [[nodiscard]] Time next_due() const;
  /// The link is gone: every outgoing transfer failed.
  void abandon();
  [[nodiscard]] bool idle() const { return outgoing_.empty() && incoming_.empty(); }

 private:
  struct Outgoing {
    Hash32 token;
    std::unique_ptr<ResourceSender> sender;
  };
  struct Incoming {
    std::unique_ptr<ResourceReceiver> receiver;
    std::size_t reserved = 0;
  };
  /// Segments of one resource that came before the one on its way.
  struct Assembly {
    Hash32 original_hash;
    std::uint64_t next_segment = 1;
    std::uint64_t segments = 1;
    bool has_metadata = false;
    Bytes data;
    std::size_t wire_bytes = 0;
  };
  struct RememberedProof {
    wire::ResourceProof proof;
    bool sent = false;
  };

  enum class Verdict : std::uint8_t { kTake, kMalformed, kRefuse };
  [[nodiscard]] Verdict judge(const wire::ResourceAdvertisement& advertisement) const;
  [[nodiscard]] std::size_t data_limit() const;
  void settle_outgoing();
  void settle_incoming();
  void segment_complete(ResourceReceiver& receiver);
  void send_proof(const wire::ResourceProof& proof);
  RememberedProof* remembered(const Hash32& hash);

  Context& context_;
  Link& link_;
  const TransferHooks& hooks_;
  std::deque<Outgoing> outgoing_;
  std::vector<Incoming> incoming_;
  /// Counts what is assembled towards the memory all links share.
  void charge_assembly();
  std::optional<Assembly> assembly_;
  std::size_t assembly_charged_ = 0;
  std::deque<RememberedProof> proofs_;
  TransferRate rate_;
};

}  // namespace mehr::endpoint
