// mehr-dataplane: opens the ports, then forwards what mehrd says. Started by a supervisor or by
// hand; the worker is this thread, on a core of its own, the control thread is beside it.
#include <rte_cycles.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <bit>
#include <csignal>
#include <iostream>
#include <thread>

#include "dataplane/control.h"
#include "dataplane/port/confine.h"
#include "dataplane/port/eal.h"
#include "dataplane/port/kernel_tables.h"
#include "dataplane/port/port.h"
#include "dataplane/port/xdp_filter.h"

namespace mehr::dataplane {
namespace {

constexpr const char* kFooter = R"(Ports, as DPDK names them; --port may be repeated:
  0000:01:00.0                          a network card bound to vfio-pci; needs huge pages
  net_af_xdp0,iface=eth0                a device the kernel keeps; only hop frames bypass it
  net_af_packet0,iface=eth0             the same through packet sockets: slow, works everywhere
  net_tap0,iface=mehr0                  a device made for it
  net_memif0,role=server,socket=/run/m  memory shared with another process
  net_pcap0,rx_pcap=in.pcap,tx_pcap=out.pcap    files; needs no rights
Frames are read once the control plane has said what to do with them.
Exit codes:
  0  stopped because it was asked to (SIGTERM, SIGINT)
  1  cannot start: the sentence before says what is missing
  2  wrong arguments)";

enum : int { kOk = 0, kFailed = 1, kUsage = 2 };

struct Options {
  ControlSettings control;
  EalOptions eal;
  std::string huge = "auto", idle = "adaptive";
  CarrierFilter carriers;
  Sizes sizes;
  std::uint32_t mtu = 1'500;
  std::vector<std::uint64_t> rates;  ///< Mbit/s, by order of the ports
  unsigned buffers = 16'384;
};

void say(const std::string& sentence) {
  std::cerr << "mehr-dataplane: " << sentence << '\n';
}

/// The ports with what belongs to them, as the control thread asks for it.
class Host final : public ControlHost, private Carriers {
 public:
  Status open(const Options& options) {
    // Packet sockets and AF_XDP want buffers of 2 KiB.
    auto pool = MbufPool::make(options.buffers, std::max(2'048U, options.mtu + 256));
    if (!pool.ok()) return pool.status();
    pool_ = *std::move(pool);
    for (const std::string& device : options.eal.devices) {
      remove_stale_filter(device);
      auto port = Port::open(device, *pool_, 1, options.mtu);
      if (!port.ok()) return port.status();
      if (device.rfind("net_af_xdp", 0) == 0) keep_kernel(**port, options.carriers);
      on_kernel_ = on_kernel_ || (*port)->interface_index() != 0;
      by_number_.resize(std::max<std::size_t>(by_number_.size(), (*port)->number() + 1U));
      by_number_[(*port)->number()] = port->get();
      ports_.push_back(*std::move(port));
    }
    if (!on_kernel_) return absl::OkStatus();
    auto tables = KernelTables::open();
    if (!tables.ok()) return tables.status();
    tables_.emplace(*std::move(tables));
    return absl::OkStatus();
  }

  [[nodiscard]] bool on_kernel() const { return on_kernel_; }
  [[nodiscard]] MbufPool& pool() { return *pool_; }
  [[nodiscard]] std::vector<FramePort*> ports() const {
    return {by_number_.begin(), by_number_.end()};
  }
  /// Bytes/s by number, of Mbit/s by order of opening.
  [[nodiscard]] std::vector<std::uint64_t> rates(const std::vector<std::uint64_t>& given) const {
    std::vector<std::uint64_t> out(by_number_.size(), PolicerRate::kUnlimited);
    for (std::size_t i = 0; i < std::min(given.size(), ports_.size()); ++i) {
      if (given[i] != 0) out[ports_[i]->number()] = given[i] * 1'000'000 / 8;
    }
    return out;
  }
  [[nodiscard]] std::vector<border::Ready::Port> described() const {
    std::vector<border::Ready::Port> out;
    for (const Port* port : by_number_) {
      if (port != nullptr)
        out.push_back({port->number(), port->mtu(), port->address(), port->name().substr(0, 31)});
    }
    return out;
  }

  Carriers& carriers() override { return *this; }
  [[nodiscard]] int tables_descriptor() const override {
    return tables_ ? tables_->descriptor() : -1;
  }
  bool tables_changed() override { return tables_ && tables_->changed(); }
  void count_ports(border::Counters& counters) override {
    for (const auto& port : ports_) {
      const PortStats stats = port->stats();
      counters.add(border::Counter::kPortMissed, stats.missed);
      counters.add(border::Counter::kPortUnusable, stats.unusable);
    }
  }

 private:
  static void remove_stale_filter(const std::string& device) {
    const auto at = device.find("iface=");
    if (device.rfind("net_af_xdp", 0) != 0 || at == std::string::npos) return;
    const std::string rest = device.substr(at + 6);
    XdpFilter::remove_stale(rest.substr(0, rest.find(',')));
  }
  void keep_kernel(const Port& port, const CarrierFilter& carriers) {
    auto filter = XdpFilter::attach(port.interface_index(), carriers);
    if (filter.ok()) return filters_.push_back(*std::move(filter));
    say(port.name() + ": " + std::string(filter.status().message()) +
        "; the driver's own program stays, which takes ALL frames of its queue from the kernel");
  }

  std::optional<CarrierHeader> header(std::uint16_t number, const border::Endpoint& to) override {
    const Port* port = number < by_number_.size() ? by_number_[number] : nullptr;
    if (port == nullptr) return std::nullopt;
    const border::Endpoint::Mac none{};
    const auto own = to.local_mac != none ? to.local_mac : port->address();
    if (to.form == border::EndpointForm::kEthernet)
      return CarrierHeader::ethernet(own, to.remote_mac);
    auto mac = to.remote_mac;
    auto local = to.local;
    const bool six = to.form == border::EndpointForm::kUdp6;
    if (mac == none || local == border::Endpoint::Address{}) {
      if (!tables_ || port->interface_index() == 0) return std::nullopt;
      const auto way = tables_->find(port->interface_index(), to.remote, six);
      if (!way) return std::nullopt;
      if (mac == none) mac = way->mac;
      if (local == border::Endpoint::Address{}) local = way->local;
    }
    if (six) return CarrierHeader::udp6(own, mac, local, to.remote, to.local_port, to.remote_port);
    std::array<std::uint8_t, 4> from, target;
    std::copy_n(local.begin(), 4, from.begin());
    std::copy_n(to.remote.begin(), 4, target.begin());
    return CarrierHeader::udp4(own, mac, from, target, to.local_port, to.remote_port);
  }

  std::unique_ptr<MbufPool> pool_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<Port*> by_number_;
  std::vector<std::unique_ptr<XdpFilter>> filters_;  ///< taken off before their ports go
  std::optional<KernelTables> tables_;
  bool on_kernel_ = false;
};

int blocked_signals() {
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, SIGTERM);
  sigaddset(&ours, SIGINT);
  sigprocmask(SIG_BLOCK, &ours, nullptr);
  return signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
}

border::Ready ready_for(const Options& options, const Host& host) {
  border::Ready ready;
  ready.neighbours = static_cast<std::uint32_t>(options.sizes.neighbours);
  ready.receive_places = static_cast<std::uint32_t>(options.sizes.receive_places);
  ready.next_hops = static_cast<std::uint32_t>(options.sizes.next_hops);
  ready.links = static_cast<std::uint32_t>(options.sizes.flows);
  ready.flows = options.sizes.flows;
  ready.frame_max = options.mtu - 20 - 8;
  ready.lanes = 1;
  ready.counters = static_cast<std::uint16_t>(border::kCounterCount);
  ready.udp_port = options.carriers.udp_port;
  ready.ports = host.described();
  return ready;
}

Idle idle_of(const std::string& name, Host& host) {
  if (name == "busy") return Idle::kBusy;
  if (name == "adaptive") return Idle::kAdaptive;
  for (FramePort* port : host.ports()) {
    if (port == nullptr) continue;
    if (!port->arm(0)) {
      say("--idle interrupt: a port here cannot wake a sleeping worker (packet sockets, AF_XDP and "
          "files cannot, TAP, memif and most cards can), so it rests as with adaptive");
      return Idle::kAdaptive;
    }
    port->disarm(0);
  }
  return Idle::kInterrupt;
}

/// With everything open: worker here, control thread beside it, until a signal.
int forward(const Options& options, Host& host, const cpu_set_t& anywhere, int signals) {
  SystemRandom random;
  const std::uint64_t ticks = rte_get_tsc_hz();
  Tables tables(options.sizes, random);
  WorkerRings rings;
  WorkerSettings settings;
  settings.filter = options.carriers;
  settings.idle = idle_of(options.idle, host);
  settings.sleep = sleep_until_arrival;
  settings.ticks_per_second = ticks;
  settings.rates = host.rates(options.rates);
  WorkerLoop worker(settings, options.sizes, tables, rings, host.pool(), host.ports());
  ControlSettings control_settings = options.control;
  control_settings.ticks_per_second = ticks;
  Control control(control_settings, ready_for(options, host), options.sizes, rings, worker, host,
                  random);
  if (const Status status = control.open(); !status.ok()) {
    say(std::string(status.message()));
    return kFailed;
  }
  if (const std::string missing = confine(host.on_kernel()); !missing.empty()) say(missing);
  std::atomic<bool> stop{false};
  std::thread beside([&] {
    sched_setaffinity(0, sizeof anywhere, &anywhere);
    control.run(stop, signals);
  });
  prctl(PR_SET_TIMERSLACK, 1'000, 0, 0, 0);
  worker.run(stop);
  beside.join();
  return kOk;
}

int serve(Options options) {
  for (std::string& device : options.eal.devices) {
    // The driver's own polling inside the kernel costs a system call a look.
    if (device.rfind("net_af_xdp", 0) == 0 && device.find("busy_budget") == std::string::npos)
      device += ",busy_budget=0";
  }
  if (options.huge != "auto") options.eal.huge_pages = options.huge == "yes";
  options.sizes.receive_places = std::max<std::size_t>(border::kReceivePlacesLeast,
                                                       std::bit_ceil(options.sizes.neighbours * 4));
  const int signals = blocked_signals();
  cpu_set_t anywhere;
  sched_getaffinity(0, sizeof anywhere, &anywhere);
  const auto facts = start_eal(options.eal);
  if (!facts.ok()) {
    say(std::string(facts.status().message()));
    return kFailed;
  }
  if (!facts->note.empty()) say(facts->note);
  int code = kFailed;
  {
    Host host;
    if (const Status status = host.open(options); status.ok()) {
      code = forward(options, host, anywhere, signals);
    } else {
      say(std::string(status.message()));
    }
  }
  stop_eal();
  return code;
}

}  // namespace
}  // namespace mehr::dataplane

int main(int argc, char** argv) {
  using mehr::dataplane::Options;
  Options options;
  CLI::App app("Forwards sealed mesh traffic at the word of mehrd, with DPDK.", "mehr-dataplane");
  app.footer(mehr::dataplane::kFooter);
  app.set_version_flag("--version", std::string(MEHR_VERSION));
  auto* socket = app.add_option("--socket", options.control.socket,
                                "Path of the Unix socket mehrd connects to");
  app.add_option("--fd", options.control.descriptor,
                 "Descriptor of such a socket, or of one end of a pair")
      ->excludes(socket);
  app.add_option("--port", options.eal.devices, "A port, see below")
      ->required()
      ->allow_extra_args(false);
  app.add_option("--cores", options.eal.cores, "Core of the worker (where it is started)")
      ->expected(1);
  app.add_option("--huge", options.huge, "Huge pages: auto, yes or no")
      ->check(CLI::IsMember({"auto", "yes", "no"}));
  app.add_option("--memory", options.eal.memory_mb, "MiB for buffers")
      ->capture_default_str()
      ->check(CLI::Range(32, 65'536));
  app.add_option("--idle", options.idle,
                 "Without traffic: busy polls on, adaptive rests, interrupt sleeps")
      ->check(CLI::IsMember({"busy", "adaptive", "interrupt"}));
  app.add_option("--flows", options.sizes.flows, "Destinations and links there is room for")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000'000));
  app.add_option("--neighbours", options.sizes.neighbours, "Neighbours there is room for")
      ->capture_default_str()
      ->check(CLI::Range(1, 16'384));
  app.add_option("--udp-port", options.carriers.udp_port, "UDP port of hop frames, 0 for none")
      ->capture_default_str();
  app.add_flag("--ethernet", options.carriers.raw_ethernet,
               "Hop frames directly on Ethernet too (EtherType 0x88B5)");
  app.add_option("--mtu", options.mtu, "Largest IP packet of the ports, bytes")
      ->capture_default_str()
      ->check(CLI::Range(576, 9'000));
  app.add_option("--rate", options.rates,
                 "Mbit/s a port may send, in the order of --port; 0: what it takes")
      ->allow_extra_args(false)
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--buffers", options.buffers, "Frame buffers in all")
      ->capture_default_str()
      ->check(CLI::Range(2'048, 4'194'304));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? mehr::dataplane::kOk : mehr::dataplane::kUsage;
  }
  if (options.control.socket.empty() && options.control.descriptor < 0) {
    mehr::dataplane::say("one of --socket and --fd is needed");
    return mehr::dataplane::kUsage;
  }
  return mehr::dataplane::serve(std::move(options));
}
