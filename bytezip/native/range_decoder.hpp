// The range decoder of constriction for bits, in the terms of bytezip(5), so that a row is decoded without a way through
// Python for each bit; tests hold it to constriction itself.
// Knows: code, probabilities in units of 2^-24.  Does not know: where a probability comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace bytezip {

class RangeDecoder {
 public:
  explicit RangeDecoder(std::vector<std::uint8_t> code) : code_(std::move(code)) {
    point_ = next_word();
    point_ = point_ << 32 | next_word();
  }

  // The next bit, whose probability to be 1 is `probability` / 2^24, from 1 to 2^24 - 1; -1 for code that no encoder writes.
  int decode(std::uint32_t probability) {
    const std::uint64_t scale = range_ >> 24;
    if (point_ >= scale << 24) return -1;  // scale has 40 bits
    // The share of the 0, as constriction rounds it.
    const std::uint32_t share = (1u << 24) - probability - (probability < 1u << 23 ? 1 : 0);
    const int bit = point_ >= scale * share;
    if (bit != 0) point_ -= scale * share;
    range_ = scale * (bit != 0 ? (1u << 24) - share : share);
    if (range_ < std::uint64_t{1} << 32) {
      range_ <<= 32;
      point_ = point_ << 32 | next_word();
      if (at_ > code_.size() + kMostLeftOut) return -1;
    }
    return bit;
  }

 private:
  // Zeros that an encoder leaves out at the end of its code. Without a limit a header that promises too many bytes would
  // have all of them decoded, from nothing.
  static constexpr std::size_t kMostLeftOut = 4096;

  // Big-endian; behind the code there are zeros.
  std::uint32_t next_word() {
    std::uint32_t word = 0;
    for (int i = 0; i < 4; ++i, ++at_) word = word << 8 | (at_ < code_.size() ? code_[at_] : 0u);
    return word;
  }

  std::vector<std::uint8_t> code_;
  std::size_t at_ = 0;
  std::uint64_t point_ = 0;
  std::uint64_t range_ = UINT64_MAX;
};

}  // namespace bytezip
