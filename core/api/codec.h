// Frames of the admin socket: a 4-byte little-endian length, then one FlatBuffer of gateway.fbs.
// Owns the limits and the checks both ends share; knows no socket and no meaning. Any thread; pure.
//
//   offset  0                4
//           +----------------+---------------------------+
//           | length (LE 32) | FlatBuffer, length bytes  |
//           +----------------+---------------------------+
#pragma once

#include <gateway_generated.h>

#include <cstddef>
#include <memory>
#include <optional>

#include "core/base/bytes.h"

namespace mehr::api {

inline constexpr std::size_t kLengthBytes = 4;
inline constexpr std::size_t kRequestBytesMax = 1U
                                                << 20U;  ///< body of a request, without the length
inline constexpr std::size_t kResponseBytesMax = 16U << 20U;  ///< body of a response

/// Length and body of a request, ready to write. @return empty when the body is over
/// kRequestBytesMax
Bytes encode_request(const RequestT& request);
/// Length and body of a response. @return empty when the body is over kResponseBytesMax
Bytes encode_response(const ResponseT& response);

/// The request in a frame's body. @return null when it does not verify or names no known request
std::unique_ptr<RequestT> decode_request(ByteView body);
/// The response in a frame's body. @return null when it does not verify or names no known response
std::unique_ptr<ResponseT> decode_response(ByteView body);

/// Cuts a byte stream into frame bodies. Holds at most one frame that is not yet complete plus what
/// arrived with it, and never more than the limit given.
class FrameReader {
 public:
  /// @param body_max largest body accepted, bytes
  explicit FrameReader(std::size_t body_max) : body_max_(body_max) {}

  /// Takes bytes from the stream. @return false, for good, when a length is zero or over the limit,
  /// or when more than one frame of the greatest size waits to be taken with next()
  bool append(ByteView data);
  /// The next whole body, or nullopt when more bytes are needed or append() failed.
  std::optional<Bytes> next();
  [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size() - start_; }

 private:
  [[nodiscard]] std::optional<std::size_t> announced_length() const;

  std::size_t body_max_;
  Bytes buffer_;
  std::size_t start_ = 0;  ///< bytes before it are taken already
  bool failed_ = false;
};

/// A response that carries `body`; `last` is false when more responses to the same request follow.
template <typename Body>
ResponseT response_of(Body body, bool last = true) {
  ResponseT response;
  response.body.Set(std::move(body));
  response.last = last;
  return response;
}
ResponseT error_response(ErrorCode code, std::string text);

template <typename Body>
RequestT request_of(Body body) {
  RequestT request;
  request.body.Set(std::move(body));
  return request;
}

}  // namespace mehr::api
