// The one kind of HTTP request the metrics page understands: GET or HEAD, version 1.0 or 1.1, no
// body, at most 8 KiB. Reads bytes as they come and remembers two things of the headers. Pure; one
// reader a connection. Source: RFC 9112 §2..§5, without its optional leniencies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace mehr::metrics {

inline constexpr std::size_t kRequestHeadMax = 8'192;  ///< bytes up to the empty line

struct Request {
  bool head = false;   ///< HEAD: the answer has no body
  std::string target;  ///< "/metrics", as sent
  std::string host;    ///< of the Host header, lower case, without port; empty when there is none
};

class RequestReader {
 public:
  enum class State : std::uint8_t {
    kMore,      ///< bytes are missing
    kReady,     ///< request() is complete; further bytes are ignored
    kMalformed  ///< answer status() and close; for good
  };
  State append(ByteView data);
  [[nodiscard]] const Request& request() const { return request_; }
  /// 400, 405, 431 or 505 after kMalformed.
  [[nodiscard]] int status() const { return status_; }

 private:
  State malformed(int status);
  State read_head(std::string_view head);
  bool read_request_line(std::string_view line);
  bool read_header(std::string_view line);

  std::string head_;
  State state_ = State::kMore;
  int status_ = 0;
  bool host_seen_ = false;
  Request request_;
};

}  // namespace mehr::metrics
