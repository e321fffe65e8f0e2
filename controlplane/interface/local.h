// The shared instance: programs on this host find it by its name and send and hear through it, each
// as an interface of its own. The way they do that is TCP's (HDLC in a stream), over an abstract
// Unix socket. On a second socket those that have the key may ask about interfaces and paths, one
// call a connection. Reactor thread. Source: reticulum-wire §27.
#pragma once

#include <vector>

#include "controlplane/interface/program_login.h"
#include "controlplane/interface/tcp.h"

namespace mehr::interface {

class LocalServer final : public TcpServer {
 public:
  LocalServer(const config::InterfaceConfig& config, const InterfaceContext& context);
  ~LocalServer() override;

  void start() override;
  void stop() override;

 protected:
  Result<std::unique_ptr<reactor::Listener>> open(reactor::AcceptFn accept) override;
  Port::Names name_client(const reactor::Stream& stream) override;

 private:
  struct Caller;

  void listen_for_calls();
  void accept_call(std::unique_ptr<reactor::Stream> stream);
  void received(Caller& caller, ByteView data);
  void remove(const Caller* caller);

  Bytes key_;
  std::unique_ptr<reactor::Listener> calls_;
  std::vector<std::shared_ptr<Caller>> callers_;
  Alarm retry_calls_;
  std::uint64_t last_program_ = 0;
};

}  // namespace mehr::interface
