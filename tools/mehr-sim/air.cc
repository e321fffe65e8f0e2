// Serial lines to emulated radios. See air.h.
#include "tools/mehr-sim/air.h"

#include <utility>

namespace mehr::mehr_sim {
namespace {

constexpr Duration kSerialDelay = 1ms;
constexpr std::uint64_t kConcern = 2;

}  // namespace

/// The host's side of a line while somebody has it open.
struct Air::Line {
  Line(HostId owner, std::uint32_t life, std::string path)
      : host(owner), incarnation(life), name(std::move(path)) {}
  HostId host;
  std::uint32_t incarnation;
  std::string name;
  reactor::Stream::Events events;
  bool open = true, started = false, told = false;

  void close(const Status& status) {
    if (!open || !started || told) return;
    told = true;
    events.closed(status);
  }
};

class Air::SerialStream final : public reactor::Stream {
 public:
  SerialStream(Air& air, Radio& radio, std::shared_ptr<Line> line)
      : air_(air), radio_(radio), line_(std::move(line)) {}
  SerialStream(const SerialStream&) = delete;
  SerialStream& operator=(const SerialStream&) = delete;
  ~SerialStream() override { line_->open = false; }

  void start(Events events) override {
    line_->events = std::move(events);
    line_->started = true;
  }
  bool write(ByteView data) override {
    if (!line_->open || line_->told || radio_.line.lock() != line_) return false;
    air_.engine_.after(kSerialDelay, {kNobody, 0, EventKind::kSerial, to_bytes(data),
                                      [air = &air_, radio = &radio_](ByteView bytes) {
                                        if (!radio->plugged) return;
                                        air->channels_[radio->channel]->emulator.from_host(
                                            radio->node, bytes, air->engine_.now());
                                        air->pump(radio->channel);
                                      }});
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  void set_queue_limit(std::size_t) override {}
  void finish() override {
    air_.engine_.after(
        kSerialDelay,
        {line_->host, line_->incarnation, EventKind::kClosed, {}, [line = line_](ByteView) {
           line->close(absl::OkStatus());
         }});
  }
  [[nodiscard]] const std::string& peer() const override { return line_->name; }
  [[nodiscard]] const std::optional<reactor::PeerUser>& peer_user() const override {
    return nobody_;
  }

 private:
  Air& air_;
  Radio& radio_;
  std::optional<reactor::PeerUser> nobody_;  // a wire has no user
  std::shared_ptr<Line> line_;
};

Air::Air(Engine& engine) : engine_(engine), random_(engine.random_for(kConcern)) {}
Air::~Air() = default;

std::size_t Air::add_channel() {
  channels_.push_back(std::make_unique<Channel>(random_.next()));
  return channels_.size() - 1;
}

mehr_radio::NodeId Air::add_radio(std::size_t channel, HostId host, const std::string& path) {
  auto& emulator = channels_[channel]->emulator;
  const auto node = emulator.add_node("n" + std::to_string(host));
  radios_[{host, path}] = {host, channel, node, true, {}};
  emulator.plug(node, engine_.now());
  pump(channel);
  return node;
}

void Air::set_plugged(HostId host, bool plugged) {
  for (auto& [key, radio] : radios_) {
    if (radio.host != host || radio.plugged == plugged) continue;
    radio.plugged = plugged;
    auto& emulator = channels_[radio.channel]->emulator;
    if (plugged) {
      emulator.plug(radio.node, engine_.now());
    } else {
      emulator.unplug(radio.node, engine_.now());
      if (const auto line = radio.line.lock()) {
        engine_.after(kSerialDelay,
                      {line->host, line->incarnation, EventKind::kClosed, {}, [line](ByteView) {
                         line->close(absl::UnavailableError("device removed"));
                       }});
      }
      radio.line.reset();
    }
    pump(radio.channel);
  }
}

void Air::set_loss(std::size_t channel, double probability) {
  auto& emulator = channels_[channel]->emulator;
  for (std::size_t a = 0; a < emulator.nodes(); ++a) {
    for (std::size_t b = 0; b < emulator.nodes(); ++b) {
      if (a != b) emulator.channel().set_loss(a, b, probability);
    }
  }
}

std::vector<HostId> Air::hosts_on(std::size_t channel) const {
  std::vector<HostId> out;
  for (const auto& [key, radio] : radios_) {
    if (radio.channel == channel) out.push_back(radio.host);
  }
  return out;
}

Result<std::unique_ptr<reactor::Stream>> Air::open(HostId host, const std::string& path) {
  const auto found = radios_.find({host, path});
  if (found == radios_.end() || !found->second.plugged) {
    return absl::NotFoundError(path + " does not exist");
  }
  auto line = std::make_shared<Line>(host, engine_.incarnation(host), path);
  found->second.line = line;
  return std::make_unique<SerialStream>(*this, found->second, std::move(line));
}

// Lets the air run up to now, hands out what the devices said, and comes back when more is due.
void Air::pump(std::size_t index) {
  Channel& channel = *channels_[index];
  channel.emulator.advance(engine_.now());
  for (auto& [key, radio] : radios_) {
    if (radio.channel != index) continue;
    Bytes output = channel.emulator.take_output(radio.node);
    if (!output.empty()) deliver(radio, std::move(output));
  }
  const Time next = channel.emulator.next_event().value_or(Time::max());
  if (next == channel.wake_at) return;
  engine_.cancel(channel.wake);
  channel.wake = 0;
  channel.wake_at = next;
  if (next == Time::max()) return;
  channel.wake = engine_.at(next, {kNobody, 0, EventKind::kAir, {}, [this, index](ByteView) {
                                     channels_[index]->wake_at = Time::max();
                                     pump(index);
                                   }});
}

void Air::deliver(Radio& radio, Bytes bytes) {
  const auto line = radio.line.lock();
  if (!line) return;
  engine_.after(kSerialDelay, {line->host, line->incarnation, EventKind::kSerial, std::move(bytes),
                               [line](ByteView data) {
                                 if (line->open && line->started && !line->told)
                                   line->events.data(data);
                               }});
}

}  // namespace mehr::mehr_sim
