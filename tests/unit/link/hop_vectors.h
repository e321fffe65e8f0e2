// The vectors of the hop link, computed by our own code from fixed keys. Used by the program that
// writes tests/vectors/hop and by the test that compares the files with what the code does today.
#pragma once

#include <nlohmann/json.hpp>

namespace mehr::link {

/// Keeps the keys in the order they were written, so that the files read from top to bottom.
using OrderedJson = nlohmann::ordered_json;

/// Handshakes with every secret, cookies, capabilities: hop_handshake.json.
OrderedJson hop_handshake_vectors();
/// Data frames, classes, rebuilt sequences, path costs, malformed bytes: hop_frames.json.
OrderedJson hop_frame_vectors();

}  // namespace mehr::link
