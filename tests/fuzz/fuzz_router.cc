// Feeds a router with three interfaces of different modes and a hop link from a script of bytes:
// packets, time, interfaces going and coming, calls of local endpoints, control records. Checks
// that no table outgrows its cap and that every packet is counted once.
//
//   op & 7   0 time, 1 interface down or up, 2 endpoint call, 3..7 packet
//   packet:  length 2 (little endian), bytes; op bit 3: addressed to us when it has a transport id
#include <array>

#include "core/base/assert.h"
#include "tests/unit/routing/caps.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing::test {
namespace {

const Hash16 kOwn{{0x7e, 0xc4, 0x84}};
const std::array<std::string, 4> kNames{"full", "gateway", "radio", "hop"};

InterfaceTraits traits_of(std::size_t which) {
  InterfaceTraits traits;
  if (which == 0) traits.hardware_mtu = 8192;
  if (which == 0) traits.autoconfigure_mtu = true;
  if (which == 1) traits.mode = InterfaceMode::kGateway;
  if (which == 1) traits.parent = "server";
  if (which == 2) traits.mode = InterfaceMode::kRoaming;
  if (which == 2) traits.bitrate_bps = 3125;
  if (which == 2) traits.ingress_control = false;
  if (which == 1) traits.trusted = false;
  if (which == 3) traits.hop_link = true;
  if (which == 3) traits.hardware_mtu = 400;
  return traits;
}

class Script {
 public:
  explicit Script(ByteView bytes) : reader_(bytes), limits_(small_limits()) {
    for (std::size_t i = 0; i < kNames.size(); ++i)
      world_.up(kNames[i], traits_of(i));
  }

  void run() {
    while (reader_.remaining() > 0) {
      step(reader_.u8());
      MEHR_ASSERT(over_cap(world_.router->tables(), limits_, kNames.size()) == nullptr);
      MEHR_ASSERT(outcomes(world_.counters) ==
                  world_.counters.value(border::Counter::kPacketReceived));
    }
  }

 private:
  void step(std::uint8_t op) {
    switch (op & 7) {
      case 0:
        world_.jump(seconds_ += static_cast<double>(reader_.u16_le()) / 8);
        world_.router->tick(world_.time());
        break;
      case 1:
        flap(static_cast<std::size_t>(op >> 4) % kNames.size());
        break;
      case 2:
        call(op);
        break;
      default:
        packet(op);
    }
  }

  void flap(std::size_t which) {
    if (world_.ids.contains(kNames[which])) {
      world_.down(kNames[which]);
      world_.ids.erase(kNames[which]);
    } else {
      world_.up(kNames[which], traits_of(which));
    }
  }

  void call(std::uint8_t op) {
    Hash16 address = reader_.fixed<16>();
    switch (op >> 4) {
      case 0:
        world_.router->add_local_destination(address);
        break;
      case 1:
        world_.router->add_local_link(address);
        break;
      case 2:
        world_.router->request_path(address, world_.time());
        break;
      case 3:
        world_.router->drop_path(address);
        break;
      case 4: {
        wire::Packet data;
        data.destination = address;
        world_.router->send(wire::encode_packet(data), world_.time());
        break;
      }
      case 5:
        restore(address);
        break;
      case 6:
        control();
        break;
      case 7: {
        const double full = static_cast<double>(address.bytes[0]) / 200;
        world_.router->queue_changed(InterfaceId{1U + address.bytes[1] % 4U}, full, 1s,
                                     world_.time());
        break;
      }
      case 8:
        world_.router->path_failed(address, world_.time());
        static_cast<void>(world_.router->explain(address, PathPolicy::kBalanced, world_.time()));
        break;
      default:
        world_.router->remove_local_destination(address);
        world_.router->remove_local_link(address);
    }
  }

  /// Type and length, then the body.
  void control() {
    const std::uint8_t type = reader_.u8();
    const Bytes body = to_bytes(reader_.take(std::min<std::size_t>(reader_.u8(), 40)));
    const auto id = world_.ids.find("hop");
    if (id == world_.ids.end()) return;
    world_.router->receive_control(id->second, static_cast<wire::HopControl>(type & 15), body,
                                   world_.time());
  }

  void restore(const Hash16& destination) {
    PathEntry entry;
    entry.destination = entry.next_hop = destination;
    entry.hops = static_cast<std::uint8_t>(1 + (reader_.u8() & 3));
    entry.interface_name = kNames[entry.hops % kNames.size()];
    entry.learned = entry.last_used = world_.time();
    entry.expires = world_.time() + 24h;
    entry.announce_payload = Bytes(148, 1);
    world_.router->restore_path(entry, world_.time());
  }

  void packet(std::uint8_t op) {
    const std::size_t length = reader_.u16_le();
    Bytes raw = to_bytes(reader_.take(std::min(length, reader_.remaining())));
    const bool to_us = (op & 8) != 0 && raw.size() >= wire::kHeaderMax && (raw[0] & 0x40) != 0;
    if (to_us) std::copy_n(kOwn.bytes.begin(), 16, raw.begin() + 2);
    const auto id = world_.ids.find(kNames[static_cast<std::size_t>(op >> 4) % kNames.size()]);
    world_.router->receive(id == world_.ids.end() ? InterfaceId{} : id->second, raw, {},
                           world_.time());
  }

  ByteReader reader_;
  RouterLimits limits_;
  World world_{true, limits_, kOwn};
  double seconds_ = 0;
};

}  // namespace
}  // namespace mehr::routing::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mehr::routing::test::Script(mehr::ByteView(data, size)).run();
  return 0;
}
