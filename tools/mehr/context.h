// What every command gets: the global options, a way to ask the daemon, and a way to say what went
// wrong. Owns no connection longer than one question. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/api/codec.h"
#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "tools/mehr/admin_client.h"
#include "tools/mehr/exit_code.h"

namespace mehr::cli {

struct Context {
  std::string socket, config;  ///< --socket, --config
  bool json = false;
  bool colour = false;
  int code = kOk;  ///< what main returns

  Result<AdminClient> connect() const;
  /// Asks one question and joins the parts of a long answer.
  /// @param wait how long the daemon itself may take, beyond what it needs anyway
  /// @return null after having reported the failure and set `code`
  std::unique_ptr<api::ResponseT> ask(const api::RequestT& request, Duration wait = Duration{});
  /// Prints the response's JSON with --json, else `text(colour)`; sets `code` to kOk.
  void print(const api::ResponseT& response,
             const std::function<std::string(const api::ResponseT&, bool colour)>& text) const;
  /// Asks and prints once, or every `watch` seconds until interrupted.
  void show(const api::RequestT& request, std::optional<double> watch,
            const std::function<std::string(const api::ResponseT&, bool colour)>& text);
  /// Reports a failure on stderr (with --json also on stdout) and sets `code`.
  void fail(Exit exit, const std::string& text);
  void fail(const Status& status);
  /// Reports an error the daemon answered. @return false, reporting nothing, if it is no error
  bool failed(const api::ResponseT& response);
};

/// 32 hexadecimal digits, also as <...>; reports kUsage otherwise.
std::optional<std::string> destination(Context& context, const std::string& argument);

}  // namespace mehr::cli
