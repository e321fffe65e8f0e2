// Making announces; the signature comes from the signer, later or at once.
#include "controlplane/endpoint/destinations.h"

#include <algorithm>
#include <utility>

#include "controlplane/endpoint/timing.h"
#include "controlplane/routing/stretch.h"
#include "core/crypto/announce.h"
#include "core/crypto/hash.h"
#include "core/wire/lxmf.h"

namespace mehr::endpoint {

Destinations::Destinations(Context& context)
    : context_(context),
      delivery_(crypto::destination_hash(crypto::name_hash(kDeliveryName),
                                         context.signer.identity_hash())),
      probe_(
          crypto::destination_hash(crypto::name_hash(kProbeName), context.signer.identity_hash())),
      hop_(routing::hop_destination(context.signer.identity_hash())) {
  if (context.config.messages) {
    add(kDeliveryName, wire::encode_lxmf_announce(context.config.display_name));
  }
  if (context.config.respond_to_probes) add(kProbeName, {});
}

Destinations::~Destinations() {
  for (const Local& local : local_)
    context_.router.remove_local_destination(local.row.hash);
}

void Destinations::take_hop_links() {
  add(routing::kHopDestination, {});
  if (started_) make(local_.back(), wire::Context::kNone, std::nullopt);
}

void Destinations::end_hop_links() {
  context_.router.remove_local_destination(hop_);
  std::erase_if(local_, [this](const Local& local) { return local.row.hash == hop_; });
}

void Destinations::add(std::string_view full_name, Bytes app_data) {
  Local local;
  local.name = crypto::name_hash(full_name);
  local.row.hash = crypto::destination_hash(local.name, context_.signer.identity_hash());
  local.row.full_name = full_name;
  local.app_data = std::move(app_data);
  context_.router.add_local_destination(local.row.hash);
  local_.push_back(std::move(local));
}

Destinations::Local* Destinations::find(const DestinationHash& destination) {
  for (Local& local : local_) {
    if (local.row.hash == destination) return &local;
  }
  return nullptr;
}

void Destinations::announce() {
  if (asks_ == 0) ask_for_own();
  for (Local& local : local_)
    make(local, wire::Context::kNone, std::nullopt);
}

void Destinations::wanted(const DestinationHash& destination, routing::InterfaceId interface) {
  Local* local = find(destination);
  if (local == nullptr) return;
  // Requests by many, or by one that floods, do not cost a signature each.
  if (!local->response.empty() && context_.now - local->response_made < kPathResponseReuse) {
    context_.router.announce(local->response, interface, context_.now);
    return;
  }
  make(*local, wire::Context::kPathResponse, interface);
}

void Destinations::make(Local& local, wire::Context kind,
                        std::optional<routing::InterfaceId> only) {
  crypto::AnnounceDraft draft;
  draft.destination = local.row.hash;
  draft.identity = context_.signer.identity();
  draft.name = local.name;
  local.emitted = std::max(context_.wall(), local.emitted + 1s);
  context_.sink.announced(local.row.hash, local.emitted);
  draft.random_hash = crypto::announce_random_hash(context_.random.fixed<5>(), local.emitted);
  draft.app_data = local.app_data;
  context_.sign(signer::Purpose::kAnnounce, crypto::signed_material(draft),
                [this, draft, kind, only](const Signature& signature) {
                  Local* announced = find(draft.destination);
                  if (announced == nullptr) return;  // no longer ours
                  const Bytes raw = crypto::encode_announce(draft, signature, kind);
                  announced->row.announced = context_.now;
                  if (kind == wire::Context::kNone) announced->latest = raw;
                  if (kind == wire::Context::kPathResponse) {
                    announced->response = raw;
                    announced->response_made = context_.now;
                  }
                  context_.count(border::Counter::kEndpointAnnounces);
                  context_.router.announce(raw, only, context_.now);
                });
}

void Destinations::interface_up(routing::InterfaceId interface) {
  const bool announced = !local_.empty() && !local_.front().latest.empty();
  if (!announced || greetings_.size() >= kMaxGreetings) return;
  greetings_.push_back({interface, context_.now + kFirstAnnounceDelay});
}

void Destinations::interface_down(routing::InterfaceId interface) {
  std::erase_if(greetings_, [interface](const Greeting& g) { return g.interface == interface; });
}

void Destinations::restore_emission(const DestinationHash& destination, UnixTime emitted) {
  Local* local = find(destination);
  if (local == nullptr) return;
  local->emitted = std::max(local->emitted, emitted);
  local->restored = true;
}

bool Destinations::heard_own(const routing::HeardAnnounce& heard) {
  Local* local = find(heard.destination);
  if (local == nullptr) return false;
  const UnixTime emitted{std::chrono::seconds{heard.announce.emitted()}};
  if (emitted <= local->emitted) return true;
  local->emitted = emitted;
  context_.sink.announced(local->row.hash, emitted);
  if (local->row.announced && !outdone_) {
    outdone_ = true;
    next_announce_ = std::min(next_announce_, context_.now + kFirstAnnounceDelay);
  }
  return true;
}

// Whoever knows a destination of ours better than we do answers with its announce.
void Destinations::ask_for_own() {
  const bool forgot =
      std::any_of(local_.begin(), local_.end(), [](const Local& local) { return !local.restored; });
  if (!forgot || asks_ >= kAsksForOwn) return;
  ++asks_;
  for (const Local& local : local_) {
    if (!local.restored) context_.router.request_path(local.row.hash, context_.now);
  }
}

void Destinations::greet() {
  if (!greetings_.empty() && context_.now >= greetings_.front().due) ask_for_own();
  while (!greetings_.empty() && context_.now >= greetings_.front().due) {
    const routing::InterfaceId interface = greetings_.front().interface;
    greetings_.erase(greetings_.begin());
    const routing::InterfaceTraits* traits = context_.router.interface(interface);
    // Access points hear of nobody unasked (reticulum-wire §22).
    if (traits == nullptr || traits->mode == routing::InterfaceMode::kAccessPoint) continue;
    for (const Local& local : local_) {
      if (!local.latest.empty()) context_.router.announce(local.latest, interface, context_.now);
    }
  }
}

Time Destinations::next_due() const {
  return greetings_.empty() ? next_announce_ : std::min(next_announce_, greetings_.front().due);
}

void Destinations::tick() {
  greet();
  if (context_.now < next_announce_) return;
  const Duration interval = context_.config.announce_interval;
  const bool again = std::exchange(outdone_, false);
  if (interval <= Duration::zero() && !again) {
    next_announce_ = Time::max();
    return;
  }
  if (!started_ && !again) {
    started_ = true;
    next_announce_ = context_.now + kFirstAnnounceDelay;
    return;
  }
  announce();
  interval_changed();
}

void Destinations::interval_changed() {
  const Duration interval = context_.config.announce_interval;
  started_ = true;
  // A spread of a tenth, so that nodes started together do not stay in step on a shared channel.
  next_announce_ = interval <= Duration::zero()
                       ? Time::max()
                       : context_.now + interval + context_.random.jitter(interval / 10);
}

std::vector<LocalDestination> Destinations::list() const {
  std::vector<LocalDestination> rows;
  for (const Local& local : local_)
    rows.push_back(local.row);
  return rows;
}

}  // namespace mehr::endpoint
