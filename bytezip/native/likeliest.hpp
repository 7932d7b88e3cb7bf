// The likeliest byte values, from their cumulative weights.
// Knows: one distribution.  Does not know: where the weights come from.
#pragma once

#include <cstdint>

namespace bytezip {

// The three values of the largest weights, the first in bits 16-23, the third lowest; of equal ones the lower value first.
inline std::uint32_t likeliest_bytes(const std::uint32_t* cumulative) {
  std::uint32_t weight[3] = {0, 0, 0};
  std::uint32_t value[3] = {0, 0, 0};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const std::uint32_t own = cumulative[byte + 1] - cumulative[byte];
    if (own <= weight[2]) continue;
    int place = 2;
    for (; place > 0 && own > weight[place - 1]; --place) {
      weight[place] = weight[place - 1];
      value[place] = value[place - 1];
    }
    weight[place] = own;
    value[place] = byte;
  }
  return value[0] << 16 | value[1] << 8 | value[2];
}

}  // namespace bytezip
