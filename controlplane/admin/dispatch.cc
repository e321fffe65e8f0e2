// One case a request; what is malformed is answered with what would be right.
#include "controlplane/admin/dispatch.h"

#include <algorithm>

namespace mehr::admin {
namespace {

Duration wait_of(std::uint32_t milliseconds) {
  return std::min<Duration>(std::chrono::milliseconds{milliseconds}, kWaitMax);
}

// The address in a request, or nullopt after having answered that it is none.
std::optional<DestinationHash> address(const std::string& hex, const Call& call) {
  const auto hash = fixed_from_hex<16>(hex);
  if (!hash) call.fail(api::ErrorCode::BadRequest, "a destination is 32 hexadecimal digits");
  return hash;
}

void paths(AdminBackend& backend, const api::PathsRequestT& request, const Call& call) {
  if (request.destination.empty()) return call.answer_parts(backend.paths());
  if (const auto hash = address(request.destination, call)) backend.path(*hash, call);
}

void ping(AdminBackend& backend, const api::PingRequestT& request, const Call& call) {
  const auto hash = address(request.destination, call);
  if (!hash) return;
  if (request.size > kProbeBytesMax) {
    return call.fail(api::ErrorCode::BadRequest,
                     "a probe carries at most " + std::to_string(kProbeBytesMax) + " bytes");
  }
  backend.ping(*hash, request.size, wait_of(request.timeout_ms), call);
}

void send_message(AdminBackend& backend, const api::MessageSendRequestT& request,
                  const Call& call) {
  if (const auto hash = address(request.destination, call)) {
    backend.send_message(*hash, request.title, request.content, wait_of(request.wait_ms), call);
  }
}

void request_path(AdminBackend& backend, const api::PathRequestRequestT& request,
                  const Call& call) {
  if (const auto hash = address(request.destination, call)) {
    backend.request_path(*hash, wait_of(request.timeout_ms), call);
  }
}

void drop_path(AdminBackend& backend, const api::PathDropRequestT& request, const Call& call) {
  if (const auto hash = address(request.destination, call)) backend.drop_path(*hash, call);
}

}  // namespace

void dispatch(AdminBackend& backend, const api::RequestT& request, const Call& call) {
  using api::RequestBody;
  const auto& body = request.body;
  switch (body.type) {
    case RequestBody::StatusRequest:
      return call.answer(api::response_of(backend.status()));
    case RequestBody::InterfacesRequest:
      return call.answer(api::response_of(backend.interfaces()));
    case RequestBody::IdentityRequest:
      return call.answer(api::response_of(backend.identity()));
    case RequestBody::StatsRequest:
      return call.answer(api::response_of(backend.stats()));
    case RequestBody::PathsRequest:
      return paths(backend, *body.AsPathsRequest(), call);
    case RequestBody::PathRequestRequest:
      return request_path(backend, *body.AsPathRequestRequest(), call);
    case RequestBody::PathDropRequest:
      return drop_path(backend, *body.AsPathDropRequest(), call);
    case RequestBody::AnnounceRequest:
      return backend.announce(call);
    case RequestBody::PingRequest:
      return ping(backend, *body.AsPingRequest(), call);
    case RequestBody::MessageSendRequest:
      return send_message(backend, *body.AsMessageSendRequest(), call);
    case RequestBody::MessageListRequest:
      return backend.list_messages(
          std::min<std::size_t>(body.AsMessageListRequest()->limit, kMessagesMax), call);
    case RequestBody::MessageWatchRequest:
    case RequestBody::NONE:
      break;
  }
  call.fail(api::ErrorCode::BadRequest, "unknown request");
}

}  // namespace mehr::admin
