// The way back of proofs: every packet relayed along a path is remembered by its truncated SHA-256,
// and a proof spends that entry when it comes from the neighbour the packet went to. The hashes of
// a burst are computed side by side; links need none. Owns nothing. One worker.
// Source: reticulum-wire §12, §13.
#pragma once

#include <span>

#include "core/crypto/sha256_batch.h"
#include "dataplane/packet.h"
#include "dataplane/tables/reverse_table.h"

namespace mehr::dataplane {

/// Packets in their order: what goes along a path is remembered; proofs that are pending are
/// forwarded, dropped (another neighbour's, hop limit) or, when they belong to nothing known here,
/// punted. @param packets at most kBurst, headers as they leave
void reverse(std::span<Packet> packets, ReverseTable& table, const crypto::Sha256Batch& sha256);

}  // namespace mehr::dataplane
