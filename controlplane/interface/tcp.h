// TCP interfaces: a server whose every client is an interface of its own, and a client that
// connects again for ever. HDLC framing. Reactor thread. Source: reticulum-wire §23.
#pragma once

#include <map>
#include <memory>

#include "controlplane/interface/alarm.h"
#include "controlplane/interface/hdlc_link.h"
#include "controlplane/interface/interface.h"
#include "controlplane/interface/port.h"

namespace mehr::interface {

class TcpServer : public Interface {
 public:
  TcpServer(config::InterfaceConfig config, const InterfaceContext& context);

  void start() override;
  bool transmit(routing::InterfaceId id, ByteView raw) override;
  void report(std::vector<InterfaceReport>& out) const override;
  void stop() override;

  /// Where it listens, with the real port; empty when it does not.
  [[nodiscard]] std::string local_address() const;

 protected:
  virtual Result<std::unique_ptr<reactor::Listener>> open(reactor::AcceptFn accept);
  /// What a new client is called.
  virtual Port::Names name_client(const reactor::Stream& stream);
  [[nodiscard]] std::string unused_name(const std::string& peer) const;
  [[nodiscard]] const config::InterfaceConfig& config() const { return config_; }
  [[nodiscard]] const InterfaceContext& context() const { return context_; }

 private:
  struct Client {
    Client(const InterfaceContext& context, const config::InterfaceConfig& config,
           Port::Names names, std::unique_ptr<reactor::Stream> stream)
        : port(context, config, std::move(names)),
          link(port, context.counters, std::move(stream)) {}
    Port port;
    HdlcLink link;
  };

  void listen();
  void accept(std::unique_ptr<reactor::Stream> stream);
  void remove(routing::InterfaceId id, const Status& status);

  config::InterfaceConfig config_;
  InterfaceContext context_;
  Port port_;  ///< the server's own row; carries no packets
  std::unique_ptr<reactor::Listener> listener_;
  std::map<routing::InterfaceId, std::unique_ptr<Client>> clients_;
  InterfaceReport left_;  ///< traffic of clients that are gone
  Alarm retry_;
};

class TcpClient final : public Interface {
 public:
  TcpClient(config::InterfaceConfig config, const InterfaceContext& context);

  void start() override;
  bool transmit(routing::InterfaceId id, ByteView raw) override;
  void report(std::vector<InterfaceReport>& out) const override;
  void stop() override;

 private:
  void connect();
  void connected(std::unique_ptr<reactor::Stream> stream);
  void lost(const std::string& reason);
  [[nodiscard]] Duration next_pause();

  config::InterfaceConfig config_;
  InterfaceContext context_;
  Port port_;
  std::shared_ptr<void> attempt_;
  std::unique_ptr<HdlcLink> link_;
  Alarm retry_;
  unsigned failures_ = 0;  ///< in a row; a connection that held for a while starts over
  Time connected_at_;
  bool stopped_ = false;
};

}  // namespace mehr::interface
