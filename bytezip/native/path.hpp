// A path is the network compiled for one instruction set; all paths give the same bits.
// Knows: the names and the choice.  Does not know: how a path computes.
#pragma once

#include <string>
#include <vector>

#include "column.hpp"
#include "model.hpp"

namespace bytezip {

struct Path {
  const char* name;
  int width;       // int32 elements of a vector, so rows of a block of weights
  int bias;        // added to activations and keys: vpdpbusd takes unsigned bytes on its left
  int square_bias;  // added to the squares of the MLP, which have no sign: the other dot products take none but signed bytes
  bool (*available)();
  void (*advance)(const Model&, Scratch&, const Column* columns, int count);  // 1 <= count <= kMaxColumns
};

// The paths this machine can run, the fastest first; "portable" is always the last.
std::vector<const Path*> available_paths();

// The path of that name; for the empty name that of the variable BYTEZIP_SIMD, and without it the fastest.
// Throws std::invalid_argument, with the available names, for any other.
const Path& choose_path(const std::string& name);

}  // namespace bytezip
