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

/// Looks whether the records of opened frames add up, counts the packets and marks frames with a
/// control record other than padding. Those that hold nothing else get kPunt.
void check_records(std::span<Frame> frames);

/// How far opened frames have been taken apart.
struct RecordCursor {
  std::size_t frame = 0, at = 0;  ///< next record, bytes from the first record on
};
/// The next packets out of opened frames, at most as many as there is room for.
/// @return packets written; 0 when nothing is left
std::size_t take_records(std::span<Frame> frames, RecordCursor& cursor, std::span<Packet> packets);

}  // namespace mehr::dataplane
