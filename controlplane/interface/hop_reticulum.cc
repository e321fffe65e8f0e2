// Opens, accepts, and opens again. See hop_reticulum.h.
#include "controlplane/interface/hop_reticulum.h"

#include <algorithm>
#include <utility>

#include "controlplane/routing/stretch.h"
#include "core/wire/hop_frame.h"

namespace mehr::interface {
namespace {

/// 1, 2, 4 .. 30 s between attempts; a link that held this long starts the pauses over.
constexpr Duration kLongestPause = 30s, kStable = 20s;
/// Whether the link the other side opened is still there is looked at this often.
constexpr Duration kRest = 5s;
/// Links that were not answered before the path is taken to be the reason.
constexpr unsigned kDoubtPath = 2;
constexpr std::size_t kNameDigits = 8;

}  // namespace

HopReticulum::Dialer::Dialer(HopTarget target, reactor::Reactor& reactor)
    : HopTarget(std::move(target)), destination(routing::hop_destination(node())), retry(reactor) {}

HopReticulum::HopReticulum(config::InterfaceConfig config, const InterfaceContext& context)
    : config_(std::move(config)), context_(context), port_(context_, config_, hop_names(config_)) {
  for (HopTarget& target : hop_targets(config_))
    dialers_.push_back(std::make_unique<Dialer>(std::move(target), context_.reactor));
}

HopReticulum::~HopReticulum() {
  stopped_ = true;  // what ends now ends without us
  rides_.clear();
}

void HopReticulum::start() {
  const DestinationHash own = routing::hop_destination(context_.stretches->identity());
  port_.set_detail(config_.hop.listen ? "reticulum " + to_hex(own) : "reticulum, not listening");
  port_.set_state(InterfaceState::kUp, "");
  context_.stretches->carry(*this, config_.hop.listen);
  for (const auto& dialer : dialers_)
    dial(*dialer);
}

std::size_t HopReticulum::accepted() const {
  return static_cast<std::size_t>(std::count_if(rides_.begin(), rides_.end(), [](const auto& ride) {
    return ride.second.dialer == nullptr;
  }));
}

neighbour::CarrierSetup HopReticulum::setup(const endpoint::StretchLink& link) const {
  const std::size_t frame = std::min(link.room, wire::kHopFrameMax);
  neighbour::CarrierSetup out = hop_carrier(config_, static_cast<std::uint16_t>(frame));
  out.link.name += "/" + to_hex(link.id).substr(0, kNameDigits);
  out.link.round_trip = link.rtt;
  out.link.quiet = true;
  out.interface.rides_on = link.interface;
  if (!config_.bitrate_bps && link.bitrate_bps > 0) {
    out.link.bitrate_bps = out.interface.bitrate_bps = link.bitrate_bps;
  }
  return out;
}

// --- events ---

void HopReticulum::stretch_up(const endpoint::StretchLink& link) {
  if (stopped_) return;
  const auto asked_by = std::find_if(dialers_.begin(), dialers_.end(), [&](const auto& dialer) {
    return link.ours && dialer->link == link.id;
  });
  Dialer* dialer = asked_by == dialers_.end() ? nullptr : asked_by->get();
  if (dialer == nullptr && (link.ours || accepted() >= config_.max_clients)) {
    context_.counters.add(border::Counter::kRxClientRefused);
    return context_.stretches->close(link.id);
  }
  Ride& made = rides_[link.id];
  made.dialer = dialer;
  made.ride = std::make_unique<HopRide>(context_, port_, setup(link), link);
  made.ride->start([this, id = link.id](std::string reason) { ended(id, std::move(reason)); },
                   [this, id = link.id] { choose(id); });
  if (dialer == nullptr) return;
  dialer->up_at = context_.reactor.now();
  dialer->report.address = to_hex(dialer->destination);
  dialer->report.carrier = made.ride->carrier();
  dialer->report.state = neighbour::PeerState::kGreeting;
  context_.carriers->peer(dialer->report);
  made.ride->dial(dialer->node());
}

void HopReticulum::stretch_down(const LinkId& link) {
  if (stopped_) return;
  if (const auto found = rides_.find(link); found != rides_.end()) {
    return found->second.ride->end("the Reticulum link ended");
  }
  for (const auto& dialer : dialers_) {
    if (dialer->link != link) continue;
    dialer->link.reset();
    return lost(*dialer, "its mehr.hop destination does not answer");
  }
}

void HopReticulum::stretch_datagram(const LinkId& link, ByteView datagram) {
  if (const auto found = rides_.find(link); !stopped_ && found != rides_.end()) {
    found->second.ride->received(datagram);
  }
}

void HopReticulum::hop_destination_heard(const DestinationHash& destination) {
  if (stopped_) return;
  for (const auto& dialer : dialers_) {
    if (dialer->destination != destination || dialer->asking || dialer->link) continue;
    dialer->retry.after(Duration::zero(), [this, waiting = dialer.get()] { dial(*waiting); });
  }
}

// --- dialling ---

void HopReticulum::dial(Dialer& dialer) {
  if (stopped_ || dialer.asking || dialer.link) return;
  if (const std::uint32_t carrier = reached_us(dialer); carrier != 0) return rest(dialer, carrier);
  dialer.report.state = neighbour::PeerState::kConnecting;
  context_.carriers->peer(dialer.report);
  dialer.asking = true;
  const bool fresh = dialer.report.failures > 0 && dialer.report.failures % kDoubtPath == 0;
  context_.stretches->open(dialer.node(), fresh,
                           [this, &dialer](std::optional<LinkId> link) { asked(dialer, link); });
}

void HopReticulum::asked(Dialer& dialer, std::optional<LinkId> link) {
  dialer.asking = false;
  if (stopped_) return;
  dialer.link = link;
  if (link) return;
  lost(dialer, "no way to its mehr.hop destination is known yet");
  dialer.report.state = neighbour::PeerState::kLookingUp;
  context_.carriers->peer(dialer.report);
}

void HopReticulum::lost(Dialer& dialer, std::string reason) {
  const Duration pause =
      std::min<Duration>(kLongestPause, Duration{1s} * (1 << std::min(dialer.report.failures, 5U)));
  ++dialer.report.failures;
  dialer.report.last_failure = std::move(reason);
  dialer.report.state = neighbour::PeerState::kConnecting;
  dialer.report.carrier = 0;
  context_.carriers->peer(dialer.report);
  dialer.retry.after(pause + context_.random.jitter(pause / 4), [this, &dialer] { dial(dialer); });
}

void HopReticulum::ended(const LinkId& link, std::string reason) {
  const auto found = rides_.find(link);
  if (found == rides_.end()) return;
  const Ride gone = std::move(found->second);
  rides_.erase(found);
  // Before the link is closed, which tells us of its end as well.
  if (gone.dialer != nullptr) gone.dialer->link.reset();
  context_.stretches->close(link);  // if it was not its end that brought us here
  if (gone.dialer == nullptr || stopped_) return;
  Dialer& dialer = *gone.dialer;
  if (const std::uint32_t carrier = reached_us(dialer); carrier != 0) return rest(dialer, carrier);
  if (context_.reactor.now() - dialer.up_at >= kStable) dialer.report.failures = 0;
  lost(dialer, std::move(reason));
}

// --- one link per peer ---

std::uint32_t HopReticulum::reached_us(const Dialer& dialer) const {
  for (const auto& [id, each] : rides_) {
    if (each.dialer == nullptr && each.ride->neighbour() == dialer.node()) {
      return each.ride->carrier();
    }
  }
  return 0;
}

void HopReticulum::rest(Dialer& dialer, std::uint32_t carrier) {
  dialer.report.failures = 0;
  dialer.report.carrier = carrier;
  dialer.report.state = neighbour::PeerState::kLinked;
  context_.carriers->peer(dialer.report);
  dialer.retry.after(kRest, [this, &dialer] { dial(dialer); });
}

void HopReticulum::choose(const LinkId& link) {
  const Ride& ride = rides_.at(link);
  if (ride.dialer == nullptr || reached_us(*ride.dialer) == 0) return;
  if (context_.stretches->identity() < ride.dialer->node()) return;
  ride.ride->end("the link the other side opened is kept");
}

void HopReticulum::stop() {
  stopped_ = true;
  for (const auto& dialer : dialers_)
    dialer->retry.cancel();
  rides_.clear();
  context_.stretches->forget(*this);
  port_.set_state(InterfaceState::kDown, "the gateway stops");
}

}  // namespace mehr::interface
