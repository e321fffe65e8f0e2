// What the tool tells of the air: one JSON line a frame, totals as JSON, and lines and a table for
// people. Text only; who writes it where is main's business. One thread.
#pragma once

#include <string>

#include "tools/mehr-radio/emulator.h"

namespace mehr::mehr_radio {

/// One line without a newline: time, sender, bytes, airtime, modulation, who received it with which
/// signal, who lost it and why, and the bytes themselves in hexadecimal.
std::string frame_json(const Emulator& emulator, const Frame& frame);
/// The same for a person, without the bytes.
std::string frame_line(const Emulator& emulator, const Frame& frame);
/// Totals of every node and of the channel, as JSON on one line. @param elapsed time since the
/// start
std::string totals_json(const Emulator& emulator, Duration elapsed);
/// A table of who is on the air and what everyone did, several lines.
std::string live_table(const Emulator& emulator, Duration elapsed);

}  // namespace mehr::mehr_radio
