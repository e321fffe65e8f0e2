// Decides whether bytes have the shape of what they claim to be before anything signs them, so that
// a caller that was tricked or broken into cannot obtain a signature of another kind. Used by every
// signer; pure.
#pragma once

#include "controlplane/signer/signer.h"

namespace mehr::signer {

/// @param identity whose key would sign; announces, messages, link proofs and tunnels must name it
bool has_shape(Purpose purpose, ByteView material, const PublicIdentity& identity,
               const IdentityHash& hash);

}  // namespace mehr::signer
