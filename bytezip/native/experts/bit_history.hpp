// Bit histories: what was seen in a context, in one byte. A state is the exact string of the first few bits, later the
// pair of counts (zeros, ones) and the last bit; counts are bounded, and the one that was contradicted shrinks, so that
// recent bits weigh most. After the indirect models of M. Mahoney's PAQ6 and ZPAQ; the states here are generated.
// Knows: bits.  Does not know: which context they came from.
#pragma once

#include <cstdint>

namespace bytezip::experts {

class BitHistory {
 public:
  static const BitHistory& tables();

  std::uint8_t next(std::uint8_t state, int bit) const { return next_[state][bit]; }

  // The first guess of the probability of a 1 after this history, of 2^22.
  std::uint32_t prior(std::uint8_t state) const { return prior_[state]; }

  // Whether only one kind of bit was seen.
  bool one_sided(std::uint8_t state) const { return one_sided_[state]; }

 private:
  BitHistory();

  std::uint8_t next_[256][2];
  std::uint32_t prior_[256];
  bool one_sided_[256];
};

}  // namespace bytezip::experts
