// What is known of the stream: its bytes at their true offsets, and which of the current row's bytes have come already.
// Knows: positions, lanes in stripes.  Does not know: contexts, probabilities.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bytezip::experts {

class History {
 public:
  explicit History(int window_bits) : mask_((std::size_t{1} << window_bits) - 1), bytes_(mask_ + 1) {}

  // The byte at a true offset. Where it is not known yet, what stood there one window earlier (at first 0): the same on
  // both sides, so a context may read it.
  std::uint8_t operator[](std::size_t position) const { return bytes_[position & mask_]; }

  // Whether the byte at this position has been coded and is still in the window.
  bool known(std::size_t position) const {
    if (position < row_start_) return row_start_ - position < mask_ + 1 - row_bytes_;
    const std::size_t offset = position - row_start_;
    return offset < row_bytes_ && offset % stripe_ < step_;
  }

  void put(std::size_t position, std::uint8_t byte) { bytes_[position & mask_] = byte; }

  void begin_row(std::size_t start, std::size_t bytes, std::size_t stripe) {
    row_start_ = start;
    row_bytes_ = bytes;
    stripe_ = stripe;
    step_ = 0;
  }

  void advance() { ++step_; }

  std::size_t row_start() const { return row_start_; }
  std::size_t row_bytes() const { return row_bytes_; }
  std::size_t stripe() const { return stripe_; }
  std::size_t step() const { return step_; }

 private:
  std::size_t mask_;
  std::vector<std::uint8_t> bytes_;
  std::size_t row_start_ = 0;  // true offset of the current row
  std::size_t row_bytes_ = 0;
  std::size_t stripe_ = 1;
  std::size_t step_ = 0;  // bytes that every lane has coded of its stripe
};

}  // namespace bytezip::experts
