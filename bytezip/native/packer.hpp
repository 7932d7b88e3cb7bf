// Lays weights out for the kernels, one after another in the order of use, so that they stream.
// Knows: the layout of Matrix.  Does not know: names, layers.
#pragma once

#include <cstring>
#include <vector>

#include "buffer.hpp"
#include "model.hpp"

namespace bytezip {

// Rows that share their inputs and so become parts of one matrix.
struct Part {
  const std::int8_t* weights;  // [rows][inputs]
  const float* scale;          // [rows]
  int rows;
};

class Packer {
 public:
  // `memory` null: only counts the bytes that the same calls will take with memory.
  Packer(std::byte* memory, int width) : memory_(memory), width_(width) {}

  // bias: that the inputs will carry.
  Matrix matrix(const std::vector<Part>& parts, int inputs, int bias);

  // A copy of `count` elements, with `slack` zero bytes behind it.
  template <class Element>
  const Element* copy(const Element* from, int count, int slack = 0) {
    auto* to = take<Element>(static_cast<std::size_t>(count) * sizeof(Element) + static_cast<std::size_t>(slack));
    if (to != nullptr) std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(Element));
    return to;
  }

  // A copy of `count` numbers, with zeros behind it to the next whole vector.
  const float* floats(const float* from, int count) { return copy(from, count, (width_ - count % width_) % width_ * 4); }

  std::size_t used() const { return used_; }

 private:
  template <class Element>
  Element* take(std::size_t bytes) {
    std::byte* at = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (bytes + 63) / 64 * 64;
    return reinterpret_cast<Element*>(at);
  }

  std::byte* memory_;
  int width_;
  std::size_t used_ = 0;
};

}  // namespace bytezip
