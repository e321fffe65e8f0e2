// A transport node between two TCP connections: how many packets a second it relays with one core,
// how many announces it validates, what delay it adds, what a path takes of memory. The node under
// test is mehrd or Reticulum's rnsd, in turns, on one core; this program is both its ends, on
// another. Every packet is unique and every byte that arrives is checked.
#include <absl/container/flat_hash_set.h>
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <thread>

#include "bench/relay/ends.h"
#include "bench/relay/node_process.h"
#include "core/base/random.h"
#include "core/crypto/announce.h"
#include "core/crypto/hash.h"
#include "core/crypto/identity.h"
#include "core/crypto/link_proof.h"
#include "core/wire/link.h"
#include "core/wire/packet.h"

namespace mehr::bench {
namespace {

using std::chrono::milliseconds;

double seconds(Clock::duration span) {
  return std::chrono::duration<double>(span).count();
}

struct Figures {
  double per_second = 0, cpu_us = 0;
  std::size_t lost = 0;
  bool wrong = false;
};

Bytes announce_of(const crypto::PrivateIdentity& identity, Random& random) {
  crypto::AnnounceDraft draft;
  draft.name = crypto::name_hash("mehr.bench");
  draft.identity = identity.public_identity();
  draft.destination = crypto::destination_hash(draft.name, identity.hash());
  draft.random_hash = crypto::announce_random_hash(
      random.fixed<5>(),
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  return crypto::encode_announce(draft, identity.sign(crypto::signed_material(draft)),
                                 wire::Context::kNone);
}

/// A node with both its ends, and a destination behind b that the node knows.
class Setting {
 public:
  explicit Setting(const NodeOptions& options)
      : code_(kNetwork, kPassphrase, kCodeBytes),
        node(options),
        a(node.ports().a, options.access_codes ? &code_ : nullptr),
        b(node.ports().b, options.access_codes ? &code_ : nullptr),
        owner_(crypto::PrivateIdentity::generate(random)) {
    destination = crypto::destination_hash(crypto::name_hash("mehr.bench"), owner_.hash());
    const auto heard = [&](ByteView raw) {
      const auto packet = wire::decode_packet(raw);
      if (!packet || packet->destination != destination) return false;
      transport = packet->transport_id;
      return packet->header_type == wire::HeaderType::kTwo;
    };
    for (int i = 0; i < 10; ++i) {
      Bytes frame;
      b.append_frame(frame, announce_of(owner_, random));
      b.send(frame);
      if (a.wait_for(heard, milliseconds(3'000))) return;
    }
    std::fprintf(stderr, "relay: the node passes no announce on\n");
    std::exit(2);
  }

  /// A link through the node, proved.
  LinkId open_link() {
    Bytes frame;
    wire::Packet request;
    request.header_type = wire::HeaderType::kTwo;
    request.transport_type = wire::TransportType::kTransport;
    request.packet_type = wire::PacketType::kLinkRequest;
    request.transport_id = transport;
    request.destination = destination;
    Bytes keys(64);
    random.fill(keys);
    request.data = keys;
    a.append_frame(frame, wire::encode_packet(request));
    a.send(frame);
    const auto asked = b.wait_for(
        [](ByteView raw) {
          const auto packet = wire::decode_packet(raw);
          return packet && packet->packet_type == wire::PacketType::kLinkRequest;
        },
        milliseconds(10'000));
    if (!asked) return {};
    const LinkId link = crypto::link_id(*asked);
    wire::LinkProof proof;
    proof.agreement_key = random.fixed<32>();
    proof.signature = owner_.sign(crypto::link_proof_signed_data(
        link, proof.agreement_key, crypto::verify_key(owner_.public_identity()), std::nullopt));
    frame.clear();
    b.append_frame(frame, crypto::encode_link_proof_packet(link, proof));
    b.send(frame);
    const auto proved = a.wait_for(
        [&](ByteView raw) {
          const auto packet = wire::decode_packet(raw);
          return packet && packet->destination == link;
        },
        milliseconds(10'000));
    return proved ? link : LinkId{};
  }

 private:
  crypto::AccessCode code_;

 public:
  SeededRandom random{3};
  NodeProcess node;
  End a, b;
  Hash16 transport;
  DestinationHash destination;

 private:
  crypto::PrivateIdentity owner_;
};

/// Packets of one size: a number, then always the same bytes.
class Numbered {
 public:
  Numbered(Setting& setting, bool on_link, std::size_t bytes) {
    packet_.destination = setting.destination;
    if (on_link) {
      packet_.destination_type = wire::DestinationType::kLink;
      packet_.destination = setting.open_link();
    } else {
      packet_.header_type = wire::HeaderType::kTwo;
      packet_.transport_type = wire::TransportType::kTransport;
      packet_.transport_id = setting.transport;
    }
    body_.resize(bytes - (on_link ? wire::kHeaderMin : wire::kHeaderMax));
    setting.random.fill(body_);
  }
  Bytes packet(std::uint64_t number) {
    std::memcpy(body_.data(), &number, sizeof number);
    packet_.data = body_;
    return wire::encode_packet(packet_);
  }
  /// The number of a packet that arrived; nullopt when a byte is not as it was sent.
  [[nodiscard]] std::optional<std::uint64_t> number(ByteView raw) const {
    if (raw.size() != wire::kHeaderMin + body_.size() || raw[1] != 1) return std::nullopt;
    if (std::memcmp(raw.data() + 2, packet_.destination.bytes.data(), 16) != 0) return std::nullopt;
    const ByteView data = raw.subspan(wire::kHeaderMin);
    if (!std::equal(data.begin() + 8, data.end(), body_.begin() + 8)) return std::nullopt;
    std::uint64_t number;
    std::memcpy(&number, data.data(), sizeof number);
    return number;
  }
  [[nodiscard]] ByteView tail() const { return ByteView(body_).subspan(8); }
  [[nodiscard]] bool is_of_interest(ByteView raw) const {
    return raw.size() > 18 &&
           std::memcmp(raw.data() + 2, packet_.destination.bytes.data(), 16) == 0;
  }

 private:
  wire::Packet packet_;
  Bytes body_;
};

/// Sends `count` packets into a as fast as they are taken, and checks what comes out of b.
Figures stream(Setting& setting, Numbered& numbered, std::size_t count, bool codes) {
  Bytes frames;
  for (std::uint64_t i = 0; i < count; ++i)
    setting.a.append_frame(frames, numbered.packet(i));
  std::vector<Bytes> kept;  // with access codes: checked afterwards, signatures take long
  std::size_t arrived = 0, at = 0;
  std::uint64_t expected = 0;
  Figures figures;
  const double cpu_before = setting.node.cpu_seconds();
  const auto begin = Clock::now();
  auto last = begin;
  const auto check = [&](ByteView packet) {
    if (!numbered.is_of_interest(packet)) return;
    const auto number = numbered.number(packet);
    if (!number || *number < expected) {
      figures.wrong = true;
    } else {
      expected = *number + 1;
    }
    ++arrived;
  };
  while (arrived < count && Clock::now() - last < std::chrono::seconds(3)) {
    if (at < frames.size()) at += setting.a.send_some(ByteView(frames).subspan(at));
    const std::size_t before = arrived;
    if (codes) {
      setting.b.receive_frames([&](ByteView frame) {
        kept.push_back(to_bytes(frame));
        ++arrived;
      });
    } else {
      setting.b.receive(check);
    }
    if (arrived != before) last = Clock::now();
  }
  const double took = seconds(last - begin);
  if (codes) {
    arrived = 0;
    for (const Bytes& frame : kept)
      check(setting.b.packet_of(frame));
  }
  figures.per_second = static_cast<double>(arrived) / took;
  figures.cpu_us = (setting.node.cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(arrived);
  figures.lost = count - arrived;
  return figures;
}

struct AnnounceFigures {
  double validated = 0, relayed = 0, bytes_each = 0;
  std::size_t lost = 0;
};

/// Announces of new identities in one burst, a packet along a known path behind them.
AnnounceFigures announces(Setting& setting, std::size_t count) {
  Bytes frames;
  for (std::size_t i = 0; i < count; ++i) {
    const auto identity = crypto::PrivateIdentity::generate(setting.random);
    setting.a.append_frame(frames, announce_of(identity, setting.random));
  }
  Numbered marker(setting, false, 100);
  setting.a.append_frame(frames, marker.packet(0));
  const std::uint64_t before = setting.node.resident_bytes();
  const auto begin = Clock::now();
  auto marked = begin, last = begin;
  std::size_t at = 0;
  absl::flat_hash_set<Hash16> seen;
  while (seen.size() < count && Clock::now() - last < std::chrono::seconds(20)) {
    if (at < frames.size()) at += setting.a.send_some(ByteView(frames).subspan(at));
    setting.a.receive([](ByteView) {});
    setting.b.receive([&](ByteView raw) {
      if (marker.is_of_interest(raw)) {
        marked = Clock::now();
      } else if (const auto packet = wire::decode_packet(raw);
                 packet && packet->packet_type == wire::PacketType::kAnnounce &&
                 seen.insert(packet->destination).second) {
        last = Clock::now();
      }
    });
  }
  AnnounceFigures figures;
  const auto announced = static_cast<double>(count);
  figures.validated = marked == begin ? 0 : announced / seconds(marked - begin);
  figures.relayed = static_cast<double>(seen.size()) / seconds(last - begin);
  figures.lost = count - std::min(count, seen.size());
  figures.bytes_each =
      (static_cast<double>(setting.node.resident_bytes()) - static_cast<double>(before)) /
      announced;
  return figures;
}

/// Median one-way time through the node, a packet at a time, in microseconds.
double latency(Setting& setting, std::size_t count) {
  Numbered numbered(setting, false, 100);
  std::vector<double> all;
  for (std::uint64_t i = 0; i < count; ++i) {
    Bytes frame;
    setting.a.append_frame(frame, numbered.packet(1'000'000 + i));
    const auto begin = Clock::now();
    setting.a.send(frame);
    bool there = false;
    while (!there && Clock::now() - begin < std::chrono::seconds(1)) {
      setting.b.receive([&](ByteView raw) { there = there || numbered.is_of_interest(raw); });
    }
    all.push_back(seconds(Clock::now() - begin) * 1e6);
    std::this_thread::sleep_until(begin + milliseconds(5));
  }
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

/// What announces cost at least.
double verify_rate() {
  SeededRandom random(9);
  const auto identity = crypto::PrivateIdentity::generate(random);
  Bytes message(200);
  random.fill(message);
  const Signature signature = identity.sign(message);
  const auto key = crypto::verify_key(identity.public_identity());
  const auto begin = Clock::now();
  std::size_t count = 0;
  for (; Clock::now() - begin < milliseconds(300); ++count)
    if (!crypto::verify(key, message, signature)) std::abort();
  return static_cast<double>(count) / seconds(Clock::now() - begin);
}

struct Options {
  std::string mehrd, reticulum;
  unsigned rounds = 3;
  std::size_t packets = 300'000;
  std::vector<std::string> cases{"path", "link", "codes", "announces", "latency"};
};

bool wants(const Options& options, const char* name) {
  return std::find(options.cases.begin(), options.cases.end(), name) != options.cases.end();
}

void print(const char* node, const char* name, std::size_t bytes, const Figures& figures) {
  std::printf("%-6s %-6s %4zu B  %9.0f packets/s  %6.2f us CPU each  lost %zu%s\n", node, name,
              bytes, figures.per_second, figures.cpu_us, figures.lost,
              figures.wrong ? "  WRONG BYTES" : "");
  std::fflush(stdout);
}

using Table = std::map<std::string, std::map<std::string, std::vector<double>>>;

void round_of(const char* node, NodeOptions node_options, const Options& options, Table& table) {
  const bool ours = !node_options.mehrd.empty();
  const std::size_t count = ours ? options.packets : options.packets / 10;
  if (wants(options, "path") || wants(options, "link")) {
    Setting setting(node_options);
    for (const std::size_t bytes : {std::size_t{100}, std::size_t{480}}) {
      for (const bool on_link : {false, true}) {
        const char* name = on_link ? "link" : "path";
        if (!wants(options, name)) continue;
        Numbered numbered(setting, on_link, bytes);
        const Figures figures = stream(setting, numbered, count, false);
        print(node, name, bytes, figures);
        table[std::string(name) + " " + std::to_string(bytes)][node].push_back(figures.per_second);
      }
    }
  }
  if (wants(options, "latency")) {
    Setting setting(node_options);
    const double median = latency(setting, 200);
    std::printf("%-6s latency 100 B  median %.0f us\n", node, median);
    table["latency us"][node].push_back(median);
  }
  if (wants(options, "announces")) {
    Setting setting(node_options);
    const AnnounceFigures figures = announces(setting, ours ? 10'000 : 2'000);
    std::printf(
        "%-6s announces  validated and stored %.0f/s  all relayed %.0f/s  lost %zu  "
        "%.0f bytes resident each\n",
        node, figures.validated, figures.relayed, figures.lost, figures.bytes_each);
    table["announces"][node].push_back(figures.validated);
  }
  if (wants(options, "codes")) {
    node_options.access_codes = true;
    Setting setting(node_options);
    Numbered numbered(setting, true, 480);
    const Figures figures = stream(setting, numbered, ours ? 20'000 : 4'000, true);
    print(node, "codes", 480, figures);
    table["codes 480"][node].push_back(figures.per_second);
  }
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace
}  // namespace mehr::bench

int main(int argc, char** argv) {
  using namespace mehr::bench;
  Options options;
  CLI::App app{"How fast a transport node relays with one core, beside Reticulum's where given."};
  app.add_option("--mehrd", options.mehrd, "the program mehrd")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--reticulum", options.reticulum, "checkout of Reticulum, to take turns with")
      ->check(CLI::ExistingDirectory);
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100));
  app.add_option("--packets", options.packets, "a case; a tenth of it for rnsd")
      ->check(CLI::Range(1'000, 5'000'000));
  app.add_option("--case", options.cases)
      ->check(CLI::IsMember({"path", "link", "codes", "announces", "latency"}));
  CLI11_PARSE(app, argc, argv);
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(1, &cores);
  pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
  Table table;
  for (unsigned i = 0; i < options.rounds; ++i) {
    if (!options.reticulum.empty()) round_of("rnsd", {{}, options.reticulum}, options, table);
    round_of("mehrd", {options.mehrd, {}}, options, table);
  }
  std::printf("\nEd25519 verify of this core: %.0f/s\n", verify_rate());
  for (auto& [name, nodes] : table) {
    std::printf("%-12s", name.c_str());
    for (auto& [node, values] : nodes)
      std::printf("  %s %.0f", node.c_str(), median(values));
    if (nodes.size() == 2) {
      std::printf("  ratio %.1f", median(nodes["mehrd"]) / median(nodes["rnsd"]));
    }
    std::printf("\n");
  }
  return 0;
}
