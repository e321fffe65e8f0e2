// Lives of a gateway. See host.h.
#include "tools/mehr-sim/host.h"

#include <utility>

#include "core/base/assert.h"
#include "core/crypto/hash.h"

namespace mehr::mehr_sim {
namespace {

constexpr std::uint64_t kConcern = 1'000;  // the first of as many as there are hosts
constexpr Duration kSaveInterval = 5min;   // as the daemon does

}  // namespace

Host::Host(Engine& engine, Internet& internet, Air& air, HostSettings settings, MessageHook hook)
    : engine_(engine),
      internet_(internet),
      air_(air),
      settings_(std::move(settings)),
      hook_(std::move(hook)),
      id_(engine.add_host()),
      random_(engine.random_for(kConcern + id_)),
      identity_(crypto::PrivateIdentity::generate(random_)),
      address_(crypto::destination_hash(crypto::name_hash("lxmf.delivery"), identity_.hash())),
      clock_(settings_.drift_ppm, settings_.uptime) {}

Host::~Host() {
  internet_.set_silent(id_, true);
  if (store_) store_->drop();
}

void Host::boot() {
  MEHR_ASSERT(!node_);
  internet_.set_silent(id_, false);
  internet_.set_powered(id_, true);
  counters_ = {};
  reactor_ = std::make_unique<SimReactor>(engine_, internet_, air_, clock_, id_);
  store_ = std::make_unique<SimStore>(engine_, id_, disk_, random_, identity_);
  store_->set_acknowledge_early(settings_.acknowledge_early);
  signer_ = std::make_unique<signer::LocalSigner>(identity_);
  node_ = std::make_unique<daemon::Node>(
      settings_.config, daemon::Node::Parts{*reactor_, *store_, *signer_, random_, counters_});
  daemon::Node::Hooks hooks;
  hooks.message = [this](const endpoint::Message& message) { hook_(id_, message); };
  if (heard_) {
    hooks.heard = [this](routing::InterfaceId from, ByteView raw) {
      const routing::InterfaceTraits* traits = node_->router().interface(from);
      const bool hop = traits != nullptr && traits->hop_link;
      heard_(id_, hop ? traits->neighbour : std::nullopt, raw);
    };
  }
  hooks.telling = [this](routing::InterfaceId to, wire::HopControl type, ByteView body) {
    return !telling_ || telling_(to, type, body);
  };
  if (news_.neighbours) {
    hooks.neighbour = [this](const std::string&, bool, const std::string&) {
      news_.neighbours(id_);
    };
  }
  if (news_.path) hooks.path_known = hooks.path_gone = news_.path;
  node_->set_hooks(std::move(hooks));
  auto loaded = store_->load(reactor_->now(), reactor_->unix_now());
  node_->restore(*std::move(loaded));
  node_->start();
  save_later();
}

void Host::save_later() {
  reactor_->after(kSaveInterval, [this] {
    node_->save_used_paths(false);
    save_later();
  });
}

void Host::end(Ending ending) {
  if (!node_) return;
  if (ending == Ending::kStopped) {
    node_->stop();
    node_->save_used_paths(true);
  } else {
    store_->drop();
  }
  if (ending == Ending::kPowerLost) {
    internet_.set_silent(id_, true);
    internet_.set_powered(id_, false);
  }
  engine_.end_life(id_);
  node_.reset();
  signer_.reset();
  store_.reset();
  reactor_.reset();
  for (std::size_t i = 0; i < past_counters_.size(); ++i)
    past_counters_[i] += counters_.values()[i];
  counters_ = {};
}

std::array<std::uint64_t, border::kCounterCount> Host::all_counters() const {
  auto out = past_counters_;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] += counters_.values()[i];
  return out;
}

}  // namespace mehr::mehr_sim
