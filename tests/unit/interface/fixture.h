// What the interface tests share: a reactor with a deadline, a daemon that remembers what
// interfaces tell it, and a scripted radio on a pty.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "controlplane/interface/interface.h"
#include "core/wire/kiss.h"
#include "core/wire/rnode.h"

namespace mehr::interface {

/// Records every event and gives the test a chance to look after each.
class Daemon final : public InterfaceEvents {
 public:
  struct Packet {
    routing::InterfaceId from;
    Bytes raw;
    routing::SignalReport signal;
  };

  routing::InterfaceId next_interface_id() override { return {++last_id}; }
  void up(routing::InterfaceId id, const routing::InterfaceTraits& traits) override {
    EXPECT_FALSE(living.contains(id)) << traits.name << " came up twice";
    living[id] = traits;
    look();
  }
  void changed(routing::InterfaceId id, const routing::InterfaceTraits& traits) override {
    living[id] = traits;
    look();
  }
  void down(routing::InterfaceId id, std::string_view) override {
    EXPECT_EQ(living.erase(id), 1U);
    look();
  }
  void packet(routing::InterfaceId id, ByteView raw, const routing::SignalReport& signal) override {
    EXPECT_TRUE(living.contains(id)) << "a packet of an interface that is not up";
    ++packet_count;
    if (keep_packets) packets.push_back({id, to_bytes(raw), signal});
    look();
  }
  void state(std::string_view name, InterfaceState state, std::string_view reason) override {
    log.push_back(std::string(name) + " " + std::string(state_name(state)) +
                  (reason.empty() ? "" : ": ") + std::string(reason));
    look();
  }
  void look() {
    if (looker) looker();
  }
  [[nodiscard]] bool logged(const std::string& text) const {
    for (const std::string& line : log) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }
  /// The living interface of that name or parent; id 0 when there is none.
  [[nodiscard]] routing::InterfaceId find(const std::string& name) const {
    for (const auto& [id, traits] : living) {
      if (traits.name == name || traits.parent == name) return id;
    }
    return {};
  }

  std::uint32_t last_id = 0;
  std::map<routing::InterfaceId, routing::InterfaceTraits> living;
  std::vector<Packet> packets;
  std::uint64_t packet_count = 0;
  bool keep_packets = true;
  std::vector<std::string> log;
  std::function<void()> looker;
};

class InterfaceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = reactor::Reactor::create();
    ASSERT_TRUE(made.ok()) << made.status();
    loop = *std::move(made);
  }
  [[nodiscard]] InterfaceContext context() { return {*loop, daemon, counters, random}; }
  [[nodiscard]] std::uint64_t count(border::Counter counter) const {
    return counters.value(counter);
  }

  /// Runs the loop until `met` holds after some event, or after poke(). @return false when late
  bool until(const std::function<bool()>& met, Duration limit = 20s) {
    bool late = false;
    const reactor::TimerId deadline = loop->after(limit, [&] {
      late = true;
      loop->stop();
    });
    daemon.looker = [&] {
      if (met()) loop->stop();
    };
    daemon.looker();
    const Status status = loop->run();
    daemon.looker = nullptr;
    loop->cancel(deadline);
    EXPECT_TRUE(status.ok()) << status;
    if (late) {
      for (const std::string& line : daemon.log)
        ADD_FAILURE() << line;
    }
    return !late;
  }
  void poke() { daemon.look(); }

  Daemon daemon;
  border::Counters counters;
  SeededRandom random{1};
  std::unique_ptr<reactor::Reactor> loop;
};

/// A packet of `size` bytes that is well-formed enough for every interface.
inline Bytes test_packet(std::size_t size, std::uint8_t fill) {
  Bytes out(size, fill);
  out[0] = 0x00;
  out[1] = 0x01;
  return out;
}

/// Answers like an RNode, as far as its knobs let it.
class FakeRadio {
 public:
  explicit FakeRadio(std::unique_ptr<reactor::Stream> line) : line_(std::move(line)) {
    reactor::Stream::Events events;
    events.data = [this](ByteView bytes) {
      decoder_.push(bytes, [this](const wire::KissFrame& frame) { answer(frame); });
    };
    events.closed = [](const Status&) {};
    line_->set_queue_limit(std::size_t{64} << 20U);
    line_->start(std::move(events));
  }

  void say(ByteView bytes) { line_->write(bytes); }
  void say(wire::RnodeCommand command, const Bytes& payload) {
    line_->write(wire::kiss_encode(static_cast<std::uint8_t>(command), payload));
  }
  [[nodiscard]] std::size_t queued_bytes() const { return line_->queued_bytes(); }

  bool silent = false;
  std::uint8_t firmware_minor = 86;
  std::optional<std::uint8_t> spreading_factor;  ///< reported instead of the one set
  std::vector<Bytes> sent;                       ///< packets the host gave us
  std::vector<std::uint8_t> commands;            ///< every other command, in order
  std::function<void()> changed;

 private:
  void answer(const wire::KissFrame& frame) {
    if (silent) return;
    if (frame.command == wire::kKissData) {
      sent.push_back(to_bytes(frame.payload));
    } else {
      commands.push_back(frame.command);
      answer_command(frame);
    }
    if (changed) changed();
  }
  void answer_command(const wire::KissFrame& frame) {
    using wire::RnodeCommand;
    const auto command = static_cast<RnodeCommand>(frame.command);
    switch (command) {
      case RnodeCommand::kDetect:
        return say(command, {wire::kRnodeDetectResponse});
      case RnodeCommand::kFirmwareVersion:
        return say(command, {1, firmware_minor});
      case RnodeCommand::kPlatform:
        return say(command, {0x80});
      case RnodeCommand::kMcu:
        return say(command, {0x81});
      case RnodeCommand::kSpreadingFactor:
        if (spreading_factor) return say(command, {*spreading_factor});
        return say(command, to_bytes(frame.payload));
      case RnodeCommand::kFrequency:
      case RnodeCommand::kBandwidth:
      case RnodeCommand::kTxPower:
      case RnodeCommand::kCodingRate:
      case RnodeCommand::kRadioState:
      case RnodeCommand::kAirtimeLimitShort:
      case RnodeCommand::kAirtimeLimitLong:
        return say(command, to_bytes(frame.payload));
      default:
        return;
    }
  }

  std::unique_ptr<reactor::Stream> line_;
  wire::KissDecoder decoder_{wire::kRnodeMtu};
};

inline std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

}  // namespace mehr::interface
