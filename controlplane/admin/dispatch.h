// From a verified request to the backend call it names: checks addresses, sizes and times. Owns the
// limits on what one request may ask. Called by the connection, on the reactor thread.
#pragma once

#include "controlplane/admin/backend.h"
#include "core/api/codec.h"

namespace mehr::admin {

inline constexpr Duration kWaitMax = 600s;             ///< longest wait one request may ask for
inline constexpr std::size_t kMessagesMax = 1'000;     ///< most messages one list returns
inline constexpr std::size_t kLinkEventsMax = 10'000;  ///< most events of links one answer has
inline constexpr Duration kConfirmMax = 24h;           ///< longest a reload may wait for a yes
inline constexpr std::size_t kLinesMax = 10'000;       ///< most log lines or events one answer has
inline constexpr std::size_t kProbeBytesMax =
    383;  ///< plaintext of one packet, wire::kEncryptedMdu

/// Whether it only asks: what a read-only socket answers. Messages are nobody's but the operator's.
bool is_question(const api::RequestT& request);

/// Answers `request` through `call`, now or when the backend knows. MessageWatch is not for here:
/// the connection keeps subscriptions, also of LogRequest and EventsRequest, whose past is answered
/// here.
void dispatch(AdminBackend& backend, const api::RequestT& request, const Call& call);

}  // namespace mehr::admin
