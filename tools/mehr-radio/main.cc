// mehr-radio: an emulated LoRa channel behind serial ports. Owns the clock, the poll loop, signals
// and files; the channel itself is emulator.h. One thread.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "tools/mehr-radio/control.h"
#include "tools/mehr-radio/emulator.h"
#include "tools/mehr-radio/options.h"
#include "tools/mehr-radio/ptys.h"
#include "tools/mehr-radio/report.h"

namespace mehr::mehr_radio {
namespace {

constexpr int kMachineError = 1;
constexpr Duration kIdlePoll = 50ms;  // how soon a host that opens a port is seen
constexpr Duration kStatsEvery = 1s;  // real time
constexpr Duration kTableEvery = 250ms;

Time real_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Time{Duration{now.tv_sec * 1'000'000 + now.tv_nsec / 1000}};
}

class Tool final : public FrameListener {
 public:
  explicit Tool(Options options)
      : options_(std::move(options)),
        emulator_(options_.seed, this),
        control_([this](const auto& words) { return command(words); }) {}
  ~Tool() override;

  Status start();
  void run();
  void frame_ended(const Frame& frame) override;

 private:
  [[nodiscard]] Time now() const;
  [[nodiscard]] std::string link_of(NodeId node) const {
    return options_.link_directory + "/" + emulator_.name(node);
  }
  Status plug(NodeId node);
  void unplug(NodeId node);
  void set_paths();
  std::string command(const std::vector<std::string>& words);
  std::string set_pair(const std::vector<std::string>& words);
  void wait();
  void serve_ports();
  bool take_signals();
  void show();
  void write_stats();

  Options options_;
  Emulator emulator_;
  Control control_;
  std::vector<Pty> ports_;
  Time started_{}, next_stats_{}, next_table_{};
  int signals_ = -1;
  std::FILE* log_ = nullptr;
  bool table_ = false;
};

Tool::~Tool() {
  if (log_) std::fclose(log_);
  if (signals_ >= 0) ::close(signals_);
}

Status Tool::start() {
  if (mkdir(options_.link_directory.c_str(), 0755) != 0 && errno != EEXIST)
    return absl::UnavailableError("cannot create " + options_.link_directory + ": " +
                                  std::strerror(errno));
  if (!options_.json_log.empty()) {
    log_ = std::fopen(options_.json_log.c_str(), "ae");
    if (!log_)
      return absl::UnavailableError("cannot append to " + options_.json_log + ": " +
                                    std::strerror(errno));
  }
  sigset_t handled;
  sigemptyset(&handled);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1})
    sigaddset(&handled, signal);
  sigprocmask(SIG_BLOCK, &handled, nullptr);
  signals_ = signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC);
  if (!options_.control_path.empty()) {
    if (const Status ok = control_.listen(options_.control_path); !ok.ok()) return ok;
  }

  started_ = real_now();
  table_ = options_.live && isatty(STDOUT_FILENO);
  for (const NodeOption& node : options_.nodes) {
    emulator_.add_node(node.name);
    ports_.emplace_back();
  }
  set_paths();
  for (NodeId node = 0; node < ports_.size(); ++node) {
    if (const Status ok = plug(node); !ok.ok()) return ok;
    if (!options_.quiet && !table_)
      std::printf("%s is at %s (%s)\n", emulator_.name(node).c_str(), link_of(node).c_str(),
                  ports_[node].device().c_str());
  }
  std::fflush(stdout);
  write_stats();
  return absl::OkStatus();
}

void Tool::set_paths() {
  const auto each = [&](const PairOption& pair, auto&& set) {
    const NodeId from = *emulator_.find(pair.from), to = *emulator_.find(pair.to);
    set(from, to);
    if (pair.both) set(to, from);
  };
  Channel& channel = emulator_.channel();
  for (const PairOption& pair : options_.gains)
    each(pair, [&](NodeId from, NodeId to) { channel.set_path_gain(from, to, pair.value); });
  for (NodeId from = 0; from < ports_.size(); ++from) {
    for (NodeId to = 0; to < ports_.size(); ++to)
      channel.set_path_gain(
          from, to,
          channel.path_gain(from, to) + options_.nodes[from].gain_db + options_.nodes[to].gain_db);
  }
  for (const PairOption& pair : options_.losses)
    each(pair, [&](NodeId from, NodeId to) { channel.set_loss(from, to, pair.value); });
}

Time Tool::now() const {
  const double real_us = static_cast<double>((real_now() - started_).count());
  return Time{Duration{static_cast<std::int64_t>(real_us * options_.speed)}};
}

Status Tool::plug(NodeId node) {
  if (ports_[node].is_open()) return absl::OkStatus();
  auto port = Pty::open(link_of(node));
  if (!port.ok()) return port.status();
  ports_[node] = *std::move(port);
  emulator_.plug(node, now());
  return absl::OkStatus();
}

void Tool::unplug(NodeId node) {
  emulator_.unplug(node, now());
  ports_[node].close();
}

void Tool::run() {
  while (!take_signals()) {
    emulator_.advance(now());
    serve_ports();
    show();
    wait();
    control_.serve();
  }
  emulator_.advance(now());
  write_stats();
  if (!options_.quiet) std::printf("%s\n", totals_json(emulator_, now() - Time{}).c_str());
}

// Moves bytes both ways between hosts and devices.
void Tool::serve_ports() {
  for (NodeId node = 0; node < ports_.size(); ++node) {
    Pty& port = ports_[node];
    if (!port.is_open()) continue;
    port.flush();
    if (port.host_present()) {
      const Bytes bytes = port.read();
      if (!bytes.empty()) emulator_.from_host(node, bytes, now());
    }
    const Bytes output = emulator_.take_output(node);
    if (!output.empty()) port.write(output);
  }
}

void Tool::wait() {
  std::vector<pollfd> watched;
  watched.push_back({.fd = signals_, .events = POLLIN, .revents = 0});
  control_.add_descriptors(watched);
  for (Pty& port : ports_) {
    // A port without a host reports a hang-up at once: it is looked at every 50 ms instead.
    if (!port.host_present()) continue;
    const int events = POLLIN | (port.wants_write() ? POLLOUT : 0);
    watched.push_back(
        {.fd = port.descriptor(), .events = static_cast<short>(events), .revents = 0});
  }
  Duration patience = kIdlePoll;
  if (const auto next = emulator_.next_event()) {
    const auto radio_us = static_cast<double>((*next - now()).count());
    const Duration due{static_cast<std::int64_t>(std::max(0.0, radio_us / options_.speed))};
    patience = std::min(patience, due);
  }
  const timespec timeout{.tv_sec = 0, .tv_nsec = patience.count() * 1000};
  ppoll(watched.data(), watched.size(), &timeout, nullptr);
}

// True when it is time to end.
bool Tool::take_signals() {
  signalfd_siginfo signal{};
  while (read(signals_, &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo != SIGUSR1) return true;
    std::printf("%s\n", totals_json(emulator_, now() - Time{}).c_str());
    std::fflush(stdout);
    write_stats();
  }
  return false;
}

void Tool::frame_ended(const Frame& frame) {
  if (log_) {
    std::fprintf(log_, "%s\n", frame_json(emulator_, frame).c_str());
    std::fflush(log_);
  }
  if (options_.live && !table_ && !options_.quiet) {
    std::printf("%s\n", frame_line(emulator_, frame).c_str());
    std::fflush(stdout);
  }
}

void Tool::show() {
  const Time real = real_now();
  if (table_ && real >= next_table_) {
    next_table_ = real + kTableEvery;
    std::printf("\033[H\033[J%s", live_table(emulator_, now() - Time{}).c_str());
    std::fflush(stdout);
  }
  if (real >= next_stats_) write_stats();
}

// Replaces the file as a whole, so that a reader never sees half of it.
void Tool::write_stats() {
  next_stats_ = real_now() + kStatsEvery;
  if (options_.stats_file.empty()) return;
  const std::string fresh = options_.stats_file + ".new";
  std::FILE* file = std::fopen(fresh.c_str(), "we");
  if (!file) return;
  std::fprintf(file, "%s\n", totals_json(emulator_, now() - Time{}).c_str());
  if (std::fclose(file) == 0) std::rename(fresh.c_str(), options_.stats_file.c_str());
}

std::string Tool::command(const std::vector<std::string>& words) {
  emulator_.advance(now());
  if (words[0] == "stats" && words.size() == 1) return totals_json(emulator_, now() - Time{});
  if (words[0] == "loss" || words[0] == "gain") return set_pair(words);
  const bool known = words[0] == "unplug" || words[0] == "replug" || words[0] == "reset";
  if (!known || words.size() != 2)
    return "error: write unplug NAME, replug NAME, reset NAME, loss A B P, gain A B DB or stats";
  const auto node = emulator_.find(words[1]);
  if (!node) return "error: there is no radio " + words[1];
  if (words[0] != "replug") unplug(*node);
  if (words[0] == "unplug") return "ok";
  const Status plugged = plug(*node);
  return plugged.ok() ? "ok" : "error: " + std::string(plugged.message());
}

std::string Tool::set_pair(const std::vector<std::string>& words) {
  if (words.size() != 4) return "error: write " + words[0] + " A B VALUE";
  const auto from = emulator_.find(words[1]), to = emulator_.find(words[2]);
  if (!from || !to) return "error: there is no radio " + (from ? words[2] : words[1]);
  char* end = nullptr;
  const double value = std::strtod(words[3].c_str(), &end);
  const bool loss = words[0] == "loss";
  if (*end != '\0' || !std::isfinite(value) || (loss && (value < 0 || value > 1)))
    return "error: " + words[3] + " is no " + (loss ? "probability from 0 to 1" : "gain in dB");
  if (loss)
    emulator_.channel().set_loss(*from, *to, value);
  else
    emulator_.channel().set_path_gain(*from, *to, value);
  return "ok";
}

int run(int argc, char** argv) {
  OptionsRead parsed = read_options(argc, argv);
  if (parsed.exit_code >= 0) {
    std::fputs(parsed.message.c_str(), parsed.exit_code == 0 ? stdout : stderr);
    return parsed.exit_code;
  }
  Tool tool(std::move(parsed.options));
  if (const Status started = tool.start(); !started.ok()) {
    std::fprintf(stderr, "mehr-radio: %s\n", std::string(started.message()).c_str());
    return kMachineError;
  }
  tool.run();
  return 0;
}

}  // namespace
}  // namespace mehr::mehr_radio

int main(int argc, char** argv) {
  return mehr::mehr_radio::run(argc, argv);
}
