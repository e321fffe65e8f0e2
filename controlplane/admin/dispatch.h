// From a verified request to the backend call it names: checks addresses, sizes and times. Owns the
// limits on what one request may ask. Called by the connection, on the reactor thread.
#pragma once

#include "controlplane/admin/backend.h"
#include "core/api/codec.h"

namespace mehr::admin {

inline constexpr Duration kWaitMax = 600s;             ///< longest wait one request may ask for
inline constexpr std::size_t kMessagesMax = 1'000;     ///< most messages one list returns
inline constexpr std::size_t kLinkEventsMax = 10'000;  ///< most events of links one answer has
inline constexpr std::size_t kProbeBytesMax =
    383;  ///< plaintext of one packet, wire::kEncryptedMdu

/// Answers `request` through `call`, now or when the backend knows. MessageWatch is not for here:
/// the connection keeps subscriptions.
void dispatch(AdminBackend& backend, const api::RequestT& request, const Call& call);

}  // namespace mehr::admin
