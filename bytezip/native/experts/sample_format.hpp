// How sampled signals lie in the bytes.
// Knows: numbers.  Does not know: where a format was found.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bytezip::experts {

struct SampleFormat {
  int bytes = 0;           // of a sample, 1 or 2; 0 = no samples here
  bool big_endian = false;
  int phase = 0;           // true offset of a sample, modulo bytes
  int channels = 1;
  std::uint64_t row = 0;     // bytes of an image row, 0 = not an image
  std::uint64_t origin = 0;  // true offset of the first sample of a row, as far as a header told it; else 0

  std::size_t stride() const { return static_cast<std::size_t>(bytes) * static_cast<std::size_t>(channels); }

  // Bytes of the pixel, or of the samples of one moment, that come before the byte at this true offset. Rows that a header
  // told of begin with a pixel, whatever fills them up.
  std::size_t place(std::size_t position) const {
    if (origin == 0 || position < origin) return position % stride();
    const std::uint64_t behind = position - origin;
    return static_cast<std::size_t>((row != 0 ? behind % row : behind) % stride());
  }
};

}  // namespace bytezip::experts
