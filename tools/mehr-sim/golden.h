// The file of trace hashes that every compiler and build type must reproduce: lines "seed hash".
// Read and written by `mehr-sim golden` only.
#pragma once

#include <string>

namespace mehr::mehr_sim {

/// Runs every seed of the file and compares; prints what differs. @return the exit code
int check_golden(const std::string& path);
/// Runs the same seeds and writes what came out, after a change of behaviour.
int write_golden(const std::string& path);

}  // namespace mehr::mehr_sim
