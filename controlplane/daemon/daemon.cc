// Assembly in the order the parts need each other, and the orderly way back.
#include "controlplane/daemon/daemon.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "controlplane/admin/rows.h"
#include "controlplane/admin/server.h"
#include "controlplane/daemon/node.h"
#include "controlplane/daemon/operator.h"
#include "controlplane/exit_code.h"
#include "controlplane/log/log.h"
#include "controlplane/notify/notify.h"
#include "controlplane/signer/local_signer.h"
#include "controlplane/store/passphrase.h"
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
  explicit Daemon(const config::Config& config) : config_(config), places_(locations(config)) {}

  int run();

 private:
  int open_store();
  int start();
  void watch_signals();
  void save_later();
  void beat();
  void stop(const char* signal_name);
  int failed(int code, const Status& status) const {
    log::error(std::string(status.message()));
    return code;
  }

  const config::Config& config_;
  config::Locations places_;
  notify::Notifier notifier_;
  border::Counters counters_;
  reactor::SystemRandom random_;
  std::unique_ptr<reactor::Reactor> reactor_;
  std::unique_ptr<store::Store> store_;
  std::optional<signer::LocalSigner> signer_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Operator> operator_;
  std::unique_ptr<admin::AdminServer> admin_;
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
  admin_.reset();
  operator_.reset();
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
  auto store = store::Store::open(
      options, [this](std::function<void()> task) { reactor_->post(std::move(task)); });
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
  make_parent(places_.admin_socket);
  auto admin = admin::AdminServer::start({.path = places_.admin_socket, .own_uid = geteuid()},
                                         *reactor_, *operator_, counters_);
  if (!admin.ok()) return failed(kExitAdminSocket, admin.status());
  admin_ = std::move(*admin);
  node_->set_hooks(
      {.path_known =
           [this](const DestinationHash& destination) { operator_->path_known(destination); },
       .message =
           [this](const endpoint::Message& message) {
             operator_->message(message);
             if (!admin_->watched()) return;
             admin_->message_event(
                 admin::message_row(message, node_->endpoint().peer_name(message.source)));
           }});
  const std::size_t paths = loaded->paths.size();
  node_->restore(std::move(*loaded));
  node_->start();
  save_later();
  beat();
  log::info("mehrd " MEHR_VERSION " runs: identity " + to_hex(signer_->identity_hash()) + ", " +
            std::to_string(paths) + " paths remembered, state in " + places_.state_directory +
            ", admin socket " + places_.admin_socket);
  notifier_.send("READY=1\nSTATUS=running");
  return kExitOk;
}

void Daemon::watch_signals() {
  for (const auto& [number, name] : {std::pair{SIGTERM, "SIGTERM"}, std::pair{SIGINT, "SIGINT"}}) {
    const Status status = reactor_->on_signal(number, [this, text = name] { stop(text); });
    if (!status.ok()) log::warn(std::string(status.message()));
  }
  const Status status = reactor_->on_signal(SIGHUP, [] {
    log::warn("SIGHUP: reloading is not supported; restart mehrd to apply a new configuration");
  });
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

int run(const config::Config& config) {
  return Daemon(config).run();
}

}  // namespace mehr::daemon
