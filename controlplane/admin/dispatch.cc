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

// The neighbour a request names by the first digits of its identity, or nullopt after having
// answered that they are none.
std::optional<std::string> prefix(const std::string& text, bool may_be_empty, const Call& call) {
  std::string digits;
  for (const char c : text)
    digits += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool fits = digits.size() <= 2 * IdentityHash::kSize && (may_be_empty || !digits.empty());
  if (fits && digits.find_first_not_of("0123456789abcdef") == std::string::npos) return digits;
  call.fail(api::ErrorCode::BadRequest,
            "a neighbour is named by the first digits of its identity, as `mehr link` shows it");
  return std::nullopt;
}

void links(AdminBackend& backend, const api::LinksRequestT& request, const Call& call) {
  if (const auto digits = prefix(request.link, true, call)) backend.links(*digits, call);
}

void link_history(AdminBackend& backend, const api::LinkHistoryRequestT& request,
                  const Call& call) {
  const std::size_t limit = std::min<std::size_t>(request.limit, kLinkEventsMax);
  if (const auto digits = prefix(request.link, true, call)) {
    backend.link_history(*digits, limit, call);
  }
}

void rekey_link(AdminBackend& backend, const api::LinkRekeyRequestT& request, const Call& call) {
  if (const auto digits = prefix(request.link, false, call)) backend.rekey_link(*digits, call);
}

void drop_link(AdminBackend& backend, const api::LinkDropRequestT& request, const Call& call) {
  if (const auto digits = prefix(request.link, false, call)) backend.drop_link(*digits, call);
}

void explain_path(AdminBackend& backend, const api::PathExplainRequestT& request,
                  const Call& call) {
  const auto hash = address(request.destination, call);
  if (!hash) return;
  const auto policy = request.policy.empty() ? routing::PathPolicy::kBalanced
                                             : routing::policy_from_name(request.policy);
  if (policy) return backend.explain_path(*hash, *policy, call);
  call.fail(api::ErrorCode::BadRequest,
            "a policy is balanced, cheapest, fastest, most-reliable, largest-mtu or greedy");
}

void log(AdminBackend& backend, const api::LogRequestT& request, const Call& call) {
  const std::size_t limit = std::min<std::size_t>(request.limit, kLinesMax);
  call.answer(api::response_of(backend.log(limit, request.level), !request.follow));
}

void events(AdminBackend& backend, const api::EventsRequestT& request, const Call& call) {
  const std::size_t limit = std::min<std::size_t>(request.limit, kLinesMax);
  call.answer(api::response_of(backend.events(limit), !request.follow));
}

void reload(AdminBackend& backend, const api::ConfigReloadRequestT& request, const Call& call) {
  backend.reload(std::min<Duration>(std::chrono::seconds{request.confirm_s}, kConfirmMax), call);
}

}  // namespace

bool is_question(const api::RequestT& request) {
  switch (request.body.type) {
    case api::RequestBody::StatusRequest:
    case api::RequestBody::InterfacesRequest:
    case api::RequestBody::IdentityRequest:
    case api::RequestBody::StatsRequest:
    case api::RequestBody::PathsRequest:
    case api::RequestBody::LogRequest:
    case api::RequestBody::EventsRequest:
    case api::RequestBody::PeersRequest:
    case api::RequestBody::LinksRequest:
    case api::RequestBody::LinkHistoryRequest:
    case api::RequestBody::PathExplainRequest:
    case api::RequestBody::DataplaneRequest:
      return true;
    default:
      return false;
  }
}

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
    case RequestBody::DataplaneRequest:
      return call.answer(api::response_of(backend.dataplane()));
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
    case RequestBody::PeersRequest:
      return call.answer(api::response_of(backend.peers()));
    case RequestBody::LinksRequest:
      return links(backend, *body.AsLinksRequest(), call);
    case RequestBody::LinkHistoryRequest:
      return link_history(backend, *body.AsLinkHistoryRequest(), call);
    case RequestBody::LinkRekeyRequest:
      return rekey_link(backend, *body.AsLinkRekeyRequest(), call);
    case RequestBody::LinkDropRequest:
      return drop_link(backend, *body.AsLinkDropRequest(), call);
    case RequestBody::PathExplainRequest:
      return explain_path(backend, *body.AsPathExplainRequest(), call);
    case RequestBody::LogRequest:
      return log(backend, *body.AsLogRequest(), call);
    case RequestBody::EventsRequest:
      return events(backend, *body.AsEventsRequest(), call);
    case RequestBody::ConfigReloadRequest:
      return reload(backend, *body.AsConfigReloadRequest(), call);
    case RequestBody::ConfigConfirmRequest:
      return backend.confirm(call);
    case RequestBody::MessageWatchRequest:
    case RequestBody::NONE:
      break;
  }
  call.fail(api::ErrorCode::BadRequest, "unknown request");
}

}  // namespace mehr::admin
