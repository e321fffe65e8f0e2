// Numbered packets over a hop link on a real UDP socket, counted at the other end: what the smoke
// tests of MTU and re-keying ask. The product's interface and neighbour code, without a router.
//   hop_flow receive HOST PORT         until SIGTERM, then "received=.. distinct=.."
//   hop_flow send HOST:PORT COUNT SIZE INTERVAL_US REKEY_EVERY   then "sent=.. refused=.. rekeys=..
//   .."
// Identities come from fixed seeds; this is no way to make keys.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "controlplane/interface/hop_udp.h"
#include "controlplane/neighbour/neighbours.h"
#include "controlplane/signer/local_signer.h"

namespace mehr {
namespace {

crypto::PrivateIdentity identity_of(std::uint64_t seed) {
  SeededRandom random(seed);
  return crypto::PrivateIdentity::generate(random);
}

constexpr std::uint64_t kReceiver = 101, kSender = 202;

class Flow final : public neighbour::Carriers,
                   public neighbour::NeighboursSink,
                   public interface::InterfaceEvents {
 public:
  Flow(reactor::Reactor& reactor, std::uint64_t seed, const config::InterfaceConfig& config)
      : reactor_(reactor),
        signer_(identity_of(seed)),
        neighbours_(links(), *this, signer_, random_, counters_),
        hop_(config, {reactor, *this, counters_, random_, this}) {}

  void start() { hop_.start(); }
  void stop() { hop_.stop(); }
  [[nodiscard]] bool linked() const { return interface_.value != 0; }
  bool send(std::uint32_t number, std::size_t size) {
    Bytes raw(size);
    const Bytes head = ByteWriter(4).u32_le(number).take();
    std::copy(head.begin(), head.end(), raw.begin());
    const bool queued = neighbours_.transmit(interface_, raw, {}, 0, reactor_.now());
    plan();
    return queued;
  }
  bool rekey() {
    const auto rows = neighbours_.report();
    const bool done = !rows.empty() && neighbours_.rekey(rows[0].link.id, reactor_.now());
    plan();
    return done;
  }
  [[nodiscard]] std::string state() const {
    const auto rows = neighbours_.report();
    if (rows.empty()) return "link=down";
    return "frame=" + std::to_string(rows[0].frame_bytes) +
           " epoch=" + std::to_string(rows[0].link.epoch) +
           " pieces=" + std::to_string(rows[0].fragmented);
  }

  std::set<std::uint32_t> distinct;
  std::size_t received = 0, downs = 0;

  // Carriers
  std::uint32_t carrier_up(neighbour::Carrier& carrier, neighbour::CarrierSetup setup) override {
    const std::uint32_t id = neighbours_.carrier_up(carrier, std::move(setup), reactor_.now());
    plan();
    return id;
  }
  void carrier_down(std::uint32_t carrier) override {
    neighbours_.carrier_down(carrier, reactor_.now());
  }
  void frame(std::uint32_t carrier, const std::string& from, ByteView bytes,
             Duration waited) override {
    neighbours_.frame(carrier, from, bytes, waited, reactor_.now());
    plan();
  }
  void path_mtu(std::uint32_t carrier, const std::string& to, std::size_t bytes) override {
    neighbours_.path_mtu(carrier, to, bytes, reactor_.now());
    plan();
  }
  void writable(std::uint32_t carrier) override {
    neighbours_.writable(carrier, reactor_.now());
    plan();
  }
  void maintain_peer(std::uint32_t carrier, const std::string& address,
                     const std::optional<IdentityHash>& expected) override {
    neighbours_.maintain_peer(carrier, address, expected, reactor_.now());
    plan();
  }
  void forget_peer(std::uint32_t carrier, const std::string& address) override {
    neighbours_.forget_peer(carrier, address);
  }
  [[nodiscard]] bool linked(std::uint32_t carrier, const std::string& address) const override {
    return neighbours_.linked(carrier, address);
  }
  [[nodiscard]] std::optional<IdentityHash> neighbour_over(std::uint32_t carrier) const override {
    return neighbours_.neighbour_over(carrier);
  }
  void peer(const neighbour::PeerReport& report) override { neighbours_.peer(report); }

  // NeighboursSink and InterfaceEvents
  routing::InterfaceId next_interface_id() override { return {++last_id_}; }
  void neighbour_up(routing::InterfaceId id, const routing::InterfaceTraits&) override {
    interface_ = id;
  }
  void neighbour_changed(routing::InterfaceId, const routing::InterfaceTraits&) override {}
  void neighbour_down(routing::InterfaceId, std::string_view) override {
    interface_ = {};
    ++downs;
  }
  void neighbour_packet(routing::InterfaceId, ByteView raw, wire::HopClass) override {
    ++received;
    distinct.insert(ByteReader(raw).u32_le());
  }
  void neighbour_control(routing::InterfaceId, wire::HopControl, ByteView) override {}
  void neighbour_queue(routing::InterfaceId, double, Duration) override {}
  void peer_reached(const neighbour::RememberedPeer&) override {}
  void up(routing::InterfaceId, const routing::InterfaceTraits&) override {}
  void changed(routing::InterfaceId, const routing::InterfaceTraits&) override {}
  void down(routing::InterfaceId, std::string_view) override {}
  void packet(routing::InterfaceId, ByteView, const routing::SignalReport&) override {}
  void state(std::string_view, interface::InterfaceState, std::string_view) override {}

 private:
  static link::LinksConfig links() {
    link::LinksConfig out;
    out.capabilities.fragmentation = true;
    return out;
  }
  void plan() {
    reactor_.cancel(timer_);
    timer_ = {};
    const Time due = neighbours_.next_due();
    if (due == Time::max()) return;
    timer_ = reactor_.at(due, [this] {
      neighbours_.tick(reactor_.now());
      plan();
    });
  }

  reactor::Reactor& reactor_;
  reactor::SystemRandom random_;
  border::Counters counters_;
  signer::LocalSigner signer_;
  neighbour::Neighbours neighbours_;
  routing::InterfaceId interface_;
  std::uint32_t last_id_ = 0;
  reactor::TimerId timer_;
  interface::HopUdp hop_;
};

int receive(reactor::Reactor& reactor, const std::string& host, std::uint16_t port) {
  config::InterfaceConfig config;
  config.name = "hop";
  config.kind = config::InterfaceKind::kHop;
  config.listen_host = host;
  config.listen_port = port;
  config.hop.allowed = {to_hex(identity_of(kSender).hash())};
  Flow flow(reactor, kReceiver, config);
  if (!reactor.on_signal(SIGTERM, [&] { reactor.stop(); }).ok()) return 1;
  flow.start();
  std::printf("ready\n");
  std::fflush(stdout);
  if (!reactor.run().ok()) return 1;
  std::printf("received=%zu distinct=%zu downs=%zu\n", flow.received, flow.distinct.size(),
              flow.downs);
  flow.stop();
  return 0;
}

int send(reactor::Reactor& reactor, const std::string& to, std::uint32_t count, std::size_t size,
         Duration interval, std::uint32_t rekey_every) {
  config::InterfaceConfig config;
  config.name = "hop";
  config.kind = config::InterfaceKind::kHop;
  config.hop.listen = false;
  config.hop.peers = {to_hex(identity_of(kReceiver).hash()) + "@" + to};
  Flow flow(reactor, kSender, config);
  std::uint32_t sent = 0, refused = 0, rekeys = 0;
  std::function<void()> next = [&] {
    if (sent == count) {
      reactor.after(3s, [&] { reactor.stop(); });
      return;
    }
    if (rekey_every > 0 && sent % rekey_every == rekey_every - 1) rekeys += flow.rekey() ? 1U : 0U;
    refused += flow.send(sent++, size) ? 0U : 1U;
    if (sent == count / 4) {
      std::printf("well under way\n");
      std::fflush(stdout);
    }
    reactor.after(interval, next);
  };
  // The largest frame is found before the flow begins.
  std::function<void()> wait = [&] {
    if (!flow.linked()) {
      reactor.after(20ms, wait);
      return;
    }
    reactor.after(2s, [&] {
      std::printf("flowing %s\n", flow.state().c_str());
      std::fflush(stdout);
      next();
    });
  };
  flow.start();
  wait();
  reactor.after(120s, [&] { reactor.stop(); });
  if (!reactor.run().ok()) return 1;
  std::printf("sent=%u refused=%u rekeys=%u downs=%zu %s\n", sent, refused, rekeys, flow.downs,
              flow.state().c_str());
  flow.stop();
  return sent == count ? 0 : 1;
}

}  // namespace
}  // namespace mehr

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  auto reactor = mehr::reactor::Reactor::create();
  if (!reactor.ok()) {
    std::printf("skipped: %s\n", std::string(reactor.status().message()).c_str());
    return 77;
  }
  if (words.size() == 3 && words[0] == "receive") {
    return mehr::receive(**reactor, words[1], static_cast<std::uint16_t>(std::stoul(words[2])));
  }
  if (words.size() == 6 && words[0] == "send") {
    return mehr::send(**reactor, words[1], static_cast<std::uint32_t>(std::stoul(words[2])),
                      std::stoul(words[3]), mehr::Duration{std::stol(words[4])},
                      static_cast<std::uint32_t>(std::stoul(words[5])));
  }
  std::fprintf(stderr, "usage: see the head of hop_flow.cc\n");
  return 2;
}
