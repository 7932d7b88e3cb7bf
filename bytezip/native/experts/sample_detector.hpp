// Finds sampled signals in the data itself: raw images and PCM audio, of one or two bytes a sample, by how much nearer a
// sample is to its neighbour than to a distant one; and the length of an image's rows.
// Knows: history.  Does not know: lanes, file formats, contexts.
#pragma once

#include <cstdint>
#include <vector>

#include "history.hpp"

namespace bytezip::experts {

struct SampleFormat {
  int bytes = 0;           // of a sample, 1 or 2; 0 = no samples here
  bool big_endian = false;
  int phase = 0;           // true offset of a sample, modulo bytes
  int channels = 1;
  std::size_t row = 0;     // bytes of an image row, 0 = not an image

  std::size_t stride() const { return static_cast<std::size_t>(bytes) * static_cast<std::size_t>(channels); }
};

class SampleDetector {
 public:
  // Looks again when the time has come. end: true offset up to which bytes are known.
  void look(const History& history, std::size_t end);

  const SampleFormat& format() const { return format_; }

 private:
  std::size_t next_look_ = 1024;
  SampleFormat format_;
  std::size_t row_before_ = 0;  // that the look before found, whatever came of it
};

// The sample whose first byte is at `at`.
inline int read_sample(const History& history, std::size_t at, const SampleFormat& format) {
  if (format.bytes == 1) return history[at];
  const int first = history[at];
  const int second = history[at + 1];
  const int value = format.big_endian ? first << 8 | second : second << 8 | first;
  return value >= 0x8000 ? value - 0x10000 : value;
}

}  // namespace bytezip::experts
