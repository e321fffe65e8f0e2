// Hop frames in, decrypted records out: session by index, window asked, tags of the whole burst
// checked at once, and only then anything changed. Source: architecture §3, SC-45.
#pragma once

#include <span>

#include "dataplane/frame.h"
#include "dataplane/sessions.h"

namespace mehr::dataplane {

/// Finds the session of every pending data frame and checks what can be checked without its key;
/// handshake messages are punted, strangers dropped. Reads only the 16 clear bytes.
void classify(std::span<Frame> frames, ReceiveSessions& sessions, Ticks now);

/// Decrypts in place. Opened frames get kForward, the others their reason; a window moves only for
/// a frame whose tag fits. @param frames at most kBurst
void open(std::span<Frame> frames, const crypto::AeadBatch& aead, crypto::AeadScratch& scratch);

/// Takes opened frames apart. A frame with a control record or with records that do not add up is
/// not taken apart: the first goes to the control plane whole, as it was decrypted, the other is
/// dropped. @return packets written, at most `room`; frames that no longer fit are punted
std::size_t take_records(std::span<Frame> frames, std::span<Packet> packets);

}  // namespace mehr::dataplane
