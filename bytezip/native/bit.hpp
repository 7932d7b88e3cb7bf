// The probability of one bit from the cumulative weights of the byte values.
// Knows: the tree of prefixes.  Does not know: where the weights come from.
#pragma once

#include <cstdint>

namespace bytezip {

// The probability that the bit after `prefix` (its `known` bits) is 1, in units of 2^-24: 1 .. 2^24 - 1.
inline std::uint32_t bit_probability(const std::uint32_t* cumulative, int prefix, int known) {
  constexpr std::uint32_t kOne = 1u << 24;
  const int low = prefix << (8 - known);
  const int middle = low + (128 >> known);
  const int high = low + (256 >> known);
  const std::uint64_t upper = cumulative[high] - cumulative[middle];
  const std::uint64_t all = cumulative[high] - cumulative[low];
  const auto scaled = static_cast<std::uint32_t>(upper * kOne / all);
  return scaled < 1 ? 1 : scaled > kOne - 1 ? kOne - 1 : scaled;
}

}  // namespace bytezip
