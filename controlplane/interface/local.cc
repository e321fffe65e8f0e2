// Two abstract sockets; the first is served by the TCP server's code.
#include "controlplane/interface/local.h"

#include <algorithm>

namespace mehr::interface {
namespace {

constexpr std::size_t kCallersMax = 64;
constexpr std::size_t kAnswerMax = 32U << 20U;  // bytes: 65,535 paths are some 10 MiB
constexpr Duration kPatience = 5s;              // for a login and its call
constexpr Duration kListenRetry = 5s;
constexpr unsigned kEverybody = 0666;

std::string socket_name(const config::InterfaceConfig& config) {
  return "@rns/" + config.local.instance;
}

}  // namespace

struct LocalServer::Caller {
  Caller(std::unique_ptr<reactor::Stream> connection, Bytes key, Random& random,
         reactor::Reactor& loop)
      : stream(std::move(connection)), login(std::move(key), random), late(loop) {}
  std::unique_ptr<reactor::Stream> stream;
  ProgramLogin login;
  Alarm late;
  bool done = false;
};

LocalServer::LocalServer(const config::InterfaceConfig& config, const InterfaceContext& context)
    : TcpServer(config, context),
      key_(from_hex(config.local.rpc_key).value_or(Bytes())),
      retry_calls_(context.reactor) {}

LocalServer::~LocalServer() = default;

Result<std::unique_ptr<reactor::Listener>> LocalServer::open(reactor::AcceptFn accept) {
  return context().reactor.listen_unix(socket_name(config()), kEverybody, std::move(accept));
}

Port::Names LocalServer::name_client(const reactor::Stream& stream) {
  std::string who = "user ";
  who += stream.peer_user() ? std::to_string(stream.peer_user()->uid) : "unknown";
  return {config().name + "/" + std::to_string(++last_program_), "program", config().name,
          std::move(who)};
}

void LocalServer::start() {
  TcpServer::start();
  if (!key_.empty() && context().calls != nullptr) listen_for_calls();
}

void LocalServer::stop() {
  retry_calls_.cancel();
  calls_.reset();
  callers_.clear();
  TcpServer::stop();
}

void LocalServer::listen_for_calls() {
  auto made = context().reactor.listen_unix(
      socket_name(config()) + "/rpc", kEverybody,
      [this](std::unique_ptr<reactor::Stream> stream) { accept_call(std::move(stream)); });
  if (made.ok()) {
    calls_ = *std::move(made);
    return;
  }
  retry_calls_.after(kListenRetry, [this] { listen_for_calls(); });
}

void LocalServer::accept_call(std::unique_ptr<reactor::Stream> stream) {
  if (callers_.size() >= kCallersMax) {
    return context().counters.add(border::Counter::kRxClientRefused);
  }
  auto caller =
      std::make_shared<Caller>(std::move(stream), key_, context().random, context().reactor);
  Caller* const key = caller.get();
  callers_.push_back(std::move(caller));
  key->stream->set_queue_limit(kAnswerMax);
  key->late.after(kPatience, [this, key] { remove(key); });
  key->stream->start({.data = [this, key](ByteView data) { received(*key, data); },
                      .closed = [this, key](const Status&) { remove(key); },
                      .drained = {}});
  key->stream->write(key->login.take_outgoing());
}

void LocalServer::received(Caller& caller, ByteView data) {
  if (caller.done) return;
  const ProgramLogin::State state = caller.login.append(data);
  if (const Bytes out = caller.login.take_outgoing(); !out.empty()) caller.stream->write(out);
  if (state == ProgramLogin::State::kTalking) return;
  caller.done = true;
  if (state == ProgramLogin::State::kCalled) {
    const Bytes answer = context().calls->answer(caller.login.call());
    caller.stream->write(ProgramLogin::framed(answer));
  } else {
    context().counters.add(border::Counter::kAdminRefused);
  }
  caller.stream->finish();
}

void LocalServer::remove(const Caller* caller) {
  const auto found = std::find_if(callers_.begin(), callers_.end(),
                                  [caller](const auto& one) { return one.get() == caller; });
  if (found == callers_.end()) return;
  // The stream must not die inside its own callback; the task holds the last reference.
  context().reactor.post([kept = std::move(*found)] {});
  callers_.erase(found);
}

}  // namespace mehr::interface
