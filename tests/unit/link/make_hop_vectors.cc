// Writes tests/vectors/hop: make_hop_vectors FOLDER. What it writes is fixed by fixed seeds; the
// test of this folder fails when the files and the code differ.
#include <cstdio>
#include <fstream>

#include "hop_vectors.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const std::string folder = argv[1];
  for (const auto& [name, content] :
       {std::pair{"hop_handshake", mehr::link::hop_handshake_vectors()},
        std::pair{"hop_frames", mehr::link::hop_frame_vectors()}}) {
    const std::string path = folder + "/" + name + ".json";
    std::ofstream file(path);
    file << content.dump(1) << "\n";
    if (!file.flush()) {
      std::fprintf(stderr, "cannot write %s\n", path.c_str());
      return 1;
    }
  }
  return 0;
}
