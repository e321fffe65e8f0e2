// The client side of the admin socket: blocking, one request after another. Owns the connection.
// Called by the commands; one thread.
#pragma once

#include <memory>
#include <string>

#include "core/api/codec.h"
#include "core/base/result.h"
#include "core/base/time.h"

namespace mehr::cli {

class AdminClient {
 public:
  /// @return Unavailable when nobody listens at `path`, PermissionDenied when the file may not be
  /// used; the text says what to do
  static Result<AdminClient> connect(const std::string& path);
  ~AdminClient();
  AdminClient(AdminClient&& other) noexcept;
  AdminClient& operator=(AdminClient&&) = delete;

  Status send(const api::RequestT& request);
  /// The next response; waits up to `timeout`. @return DeadlineExceeded, or Unavailable when the
  /// daemon closed the connection or sent what is no response
  Result<std::unique_ptr<api::ResponseT>> next(Duration timeout);

 private:
  explicit AdminClient(int socket) : socket_(socket) {}

  int socket_;
  api::FrameReader reader_{api::kResponseBytesMax};
};

}  // namespace mehr::cli
