// Assembly in the order the parts need each other, and the orderly way back.
#include "controlplane/daemon/daemon.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "controlplane/admin/rows.h"
#include "controlplane/daemon/node.h"
#include "controlplane/daemon/operator.h"
#include "controlplane/daemon/patiently.h"
#include "controlplane/daemon/reload.h"
#include "controlplane/daemon/sockets.h"
#include "controlplane/exit_code.h"
#include "controlplane/log/log.h"
#include "controlplane/notify/notify.h"
#include "controlplane/signer/local_signer.h"
#include "controlplane/store/passphrase.h"
#include "core/api/codec.h"
#include "core/config/locations.h"

namespace mehr::daemon {
namespace {

constexpr Duration kSaveInterval = 5min;  // of last uses; losing five minutes of them costs nothing
constexpr Duration kStopLimit = 10s;      // for a disk that does not answer

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

config::Locations locations(const config::Config& config) {
  config::Environment environment;
  environment.xdg_state_home = variable("XDG_STATE_HOME");
  environment.home = variable("HOME");
  environment.state_directory = variable("STATE_DIRECTORY");
  environment.runtime_directory = variable("RUNTIME_DIRECTORY");
  environment.root = geteuid() == 0;
  return config::daemon_locations(config, environment);
}

void make_parent(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) mkdir(path.substr(0, slash).c_str(), 0755);
}

class Daemon {
 public:
  Daemon(const config::Parsed& parsed, std::string file)
      : config_(parsed.config),
        files_(parsed.files),
        file_(std::move(file)),
        places_(locations(config_)) {}

  int run();

 private:
  int open_store();
  int start();
  void make_desk();
  void set_hooks();
  void reload();
  void watch_signals();
  void save_later();
  void beat();
  void stop(const char* signal_name);
  int failed(int code, const Status& status) const {
    log::error(std::string(status.message()));
    return code;
  }

  config::Config config_;  ///< in force
  std::vector<std::string> files_;
  std::string file_;
  config::Locations places_;
  notify::Notifier notifier_;
  border::Counters counters_;
  reactor::SystemRandom random_;
  std::unique_ptr<reactor::Reactor> reactor_;
  std::unique_ptr<store::Store> store_;
  std::optional<signer::LocalSigner> signer_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Operator> operator_;
  std::unique_ptr<Sockets> sockets_;
  std::optional<Events> events_;
  std::optional<Reload> reload_;
  bool stopping_ = false;
};

int Daemon::run() {
  signal(SIGPIPE, SIG_IGN);
  auto reactor = reactor::Reactor::create();
  if (!reactor.ok()) return failed(kExitIoUring, reactor.status());
  reactor_ = std::move(*reactor);
  watch_signals();  // before the store's thread starts: it inherits what is blocked
  if (const int code = open_store(); code != kExitOk) return code;
  if (const int code = start(); code != kExitOk) return code;
  const Status status = reactor_->run();
  // What asks comes down before what answers.
  log::listen({});
  sockets_.reset();
  operator_.reset();
  reload_.reset();
  node_.reset();
  store_.reset();
  if (!status.ok()) return failed(kExitFailed, status);
  log::info("stopped");
  return kExitOk;
}

int Daemon::open_store() {
  if (places_.state_directory.empty()) {
    return failed(kExitState,
                  absl::NotFoundError("no state directory: set state_directory in [node]"));
  }
  auto passphrase =
      store::read_passphrase(config_.passphrase_file, variable("CREDENTIALS_DIRECTORY"));
  if (!passphrase.ok()) return failed(kExitState, passphrase.status());
  store::StoreOptions options;
  options.directory = places_.state_directory;
  options.passphrase = std::move(*passphrase);
  options.log = [](const std::string& sentence) { log::warn(sentence); };
  // A mehrd that was killed may hold the lock a moment longer than its process id.
  auto store = patiently([&] {
    return store::Store::open(
        options, [this](std::function<void()> task) { reactor_->post(std::move(task)); });
  });
  store::wipe_passphrase(options.passphrase);
  store::wipe_passphrase(*passphrase);
  if (!store.ok()) return failed(kExitState, store.status());
  store_ = std::move(*store);
  auto identity = store_->identity(random_);
  if (!identity.ok()) return failed(kExitState, identity.status());
  signer_.emplace(std::move(*identity));
  return kExitOk;
}

int Daemon::start() {
  auto loaded = store_->load(reactor_->now(), reactor_->unix_now());
  if (!loaded.ok()) return failed(kExitState, loaded.status());
  const Node::Parts parts{*reactor_, *store_, *signer_, random_, counters_};
  node_ = std::make_unique<Node>(config_, parts);
  operator_ = std::make_unique<Operator>(config_, *node_, parts);
  make_desk();
  make_parent(places_.admin_socket);
  if (const Status status = sockets_->open(config_, places_); !status.ok()) {
    return failed(kExitAdminSocket, status);
  }
  set_hooks();
  const std::size_t paths = loaded->paths.size();
  node_->restore(std::move(*loaded));
  node_->start();
  save_later();
  beat();
  log::info("mehrd " MEHR_VERSION " runs: identity " + to_hex(signer_->identity_hash()) + ", " +
            std::to_string(paths) + " paths remembered, state in " + places_.state_directory +
            ", admin socket " + places_.admin_socket);
  if (const std::string metrics = sockets_->metrics_address(); !metrics.empty()) {
    log::info("metrics at " + metrics);
  }
  events_->add("daemon", "mehrd", "started", "mehrd " MEHR_VERSION);
  notifier_.send("READY=1\nSTATUS=running");
  return kExitOk;
}

void Daemon::make_desk() {
  sockets_ = std::make_unique<Sockets>(Sockets::Parts{
      *reactor_, counters_, *operator_, [this] { return operator_->metrics_page(); }});
  events_.emplace(Events::Out{
      .now = [this] { return reactor_->unix_now(); },
      .watched = [this](admin::Topic topic) { return sockets_->watched(topic); },
      .send = [this](admin::Topic topic, const Bytes& frame) { sockets_->event(topic, frame); }});
  reload_.emplace(
      *reactor_, config_, files_,
      Reload::Hooks{.read = [this] { return config::load_config(file_); },
                    .sockets =
                        [this](const config::Config& wanted) {
                          return sockets_->change(wanted, locations(wanted));
                        },
                    .apply =
                        [this](const config::Difference& change, const config::Config& wanted) {
                          log::set_level(wanted.log_level);
                          node_->apply(change, wanted);
                        },
                    .tell =
                        [this](const std::string& state, const std::string& text) {
                          const bool good = state == "applied" || state == "confirmed";
                          good ? log::info("configuration " + state + ": " + text)
                               : log::warn("configuration " + state + ": " + text);
                          events_->add("configuration", file_, state, text);
                        }});
  operator_->set_desk(*events_, *reload_);
}

void Daemon::set_hooks() {
  node_->set_hooks(
      {.path_known =
           [this](const DestinationHash& destination) { operator_->path_known(destination); },
       .message =
           [this](const endpoint::Message& message) {
             operator_->message(message);
             if (!sockets_->watched(admin::kMessages)) return;
             api::MessageEventT event;
             event.message = std::make_unique<api::MessageT>(
                 admin::message_row(message, node_->endpoint().peer_name(message.source)));
             sockets_->event(admin::kMessages,
                             api::encode_response(api::response_of(std::move(event), false)));
           },
       .path_gone =
           [this](const DestinationHash& destination) {
             if (events_->paths_watched()) events_->path(to_hex(destination), "gone", "");
           },
       .interface_state =
           [this](std::string_view name, interface::InterfaceState state, std::string_view reason) {
             events_->add("interface", std::string(name), std::string(interface::state_name(state)),
                          std::string(reason));
           },
       .neighbour =
           [this](const std::string& name, bool up, const std::string& text) {
             events_->add("neighbour", name, up ? "up" : "down", text);
           }});
  // Lines come from the store's thread, too.
  log::listen([this](const log::Line& line) {
    reactor_->post([this, line] {
      if (!sockets_->watched(admin::kLog)) return;
      sockets_->event(admin::kLog, Operator::log_frame(line));
    });
  });
}

void Daemon::reload() {
  log::info("SIGHUP: reading the configuration again");
  reload_->reload(Duration::zero());
}

void Daemon::watch_signals() {
  for (const auto& [number, name] : {std::pair{SIGTERM, "SIGTERM"}, std::pair{SIGINT, "SIGINT"}}) {
    const Status status = reactor_->on_signal(number, [this, text = name] { stop(text); });
    if (!status.ok()) log::warn(std::string(status.message()));
  }
  const Status status = reactor_->on_signal(SIGHUP, [this] { reload(); });
  if (!status.ok()) log::warn(std::string(status.message()));
}

void Daemon::save_later() {
  reactor_->after(kSaveInterval, [this] {
    node_->save_used_paths(false);
    save_later();
  });
}

void Daemon::beat() {
  const auto interval = notifier_.watchdog();
  if (!interval) return;
  notifier_.send("WATCHDOG=1");
  reactor_->after(*interval / 3, [this] { beat(); });
}

void Daemon::stop(const char* signal_name) {
  if (stopping_) return;
  stopping_ = true;
  log::info(std::string(signal_name) + ": stopping");
  notifier_.send("STOPPING=1\nSTATUS=stopping");
  node_->stop();
  node_->save_used_paths(true);
  store_->flush([this](const Status& status) {
    if (!status.ok()) log::error("not everything is stored: " + std::string(status.message()));
    reactor_->stop();
  });
  reactor_->after(kStopLimit, [this] {
    log::error("the store did not finish in time");
    reactor_->stop();
  });
}

}  // namespace

int run(const config::Parsed& parsed, const std::string& file) {
  return Daemon(parsed, file).run();
}

}  // namespace mehr::daemon
