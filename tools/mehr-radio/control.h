// The control socket: lines in, one answer line each. Owns the listening socket and its clients;
// what a command does is decided by main's callback. One thread, driven by main's poll loop.
#pragma once

#include <poll.h>

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mehr::mehr_radio {

class Control {
 public:
  /// Takes a line's words, returns the answer without newline.
  using Handler = std::function<std::string(const std::vector<std::string>& words)>;

  explicit Control(Handler handler) : handler_(std::move(handler)) {}
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Listens at `path`, replacing a socket nobody answers on.
  Status listen(const std::string& path);
  /// Adds what poll() must watch.
  void add_descriptors(std::vector<pollfd>& out) const;
  /// Serves whoever is ready; call after every poll().
  void serve();

 private:
  struct Client {
    int descriptor;
    std::string input;
  };
  bool serve(Client& client);

  Handler handler_;
  std::string path_;
  int listener_ = -1;
  std::list<Client> clients_;
};

}  // namespace mehr::mehr_radio
