// The RNode state machine fed by a hostile radio. The input is a script: a byte below 0x80 says how
// many of the following bytes arrive at once, 0x80..0xBF lets time pass in steps of 50 ms, 0xC0..
// sends a packet. A failed radio is opened again, as its owner would do.
#include "controlplane/interface/rnode_host.h"
#include "core/base/assert.h"

namespace {

using namespace mehr;

class Owner final : public interface::RnodeHostSink {
 public:
  void write(ByteView bytes) override { MEHR_ASSERT(!bytes.empty() && host != nullptr); }
  void packet(ByteView frame, const routing::SignalReport&) override {
    MEHR_ASSERT(frame.size() <= wire::kRnodeMtu);
    // A packet often makes the router send one; that must be possible from here.
    if (frame.size() > 1) host->send(frame, now);
  }
  void online() override {
    MEHR_ASSERT(!is_online);
    is_online = true;
  }
  void failed(const std::string& reason) override {
    MEHR_ASSERT(!reason.empty());
    is_online = false;
    host->closed();
  }

  interface::RnodeHost* host = nullptr;
  Time now{1000s};
  bool is_online = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  interface::RnodeOptions options;
  options.parameters.frequency_hz = 868'200'000;
  options.parameters.bandwidth_hz = 125'000;
  options.parameters.tx_power_dbm = 7;
  options.parameters.spreading_factor = 8;
  options.parameters.coding_rate = 5;
  options.flow_control = size > 0 && data[0] == 0xFF;
  border::Counters counters;
  Owner owner;
  interface::RnodeHost host(options, owner, counters);
  owner.host = &host;
  ByteReader script({data, size});
  while (script.remaining() > 0) {
    if (host.phase() == interface::RnodeHost::Phase::kClosed) host.opened(owner.now);
    const std::uint8_t step = script.u8();
    if (step < 0x80) {
      const std::size_t count = std::min<std::size_t>(step, script.remaining());
      host.receive(script.take(count), owner.now);
    } else if (step < 0xC0) {
      owner.now += (step - 0x80) * Duration(50ms);
      host.tick(owner.now);
      // A timer that is due again at once would spin the loop.
      const auto due = host.next_due();
      MEHR_ASSERT(!due || *due > owner.now);
    } else {
      host.send(Bytes((step - 0xC0U) * 9U, 0xC0), owner.now);
    }
    MEHR_ASSERT(host.queued_packets() <= 64 && host.queued_bytes() <= 8192);
  }
  return 0;
}
