// Finds sampled signals in the data itself: raw images and PCM audio, of one or two bytes a sample, by how much nearer a
// sample is to its neighbour than to a distant one; and the length of an image's rows. Where a header tells, it is believed.
// Knows: history, headers.  Does not know: lanes, contexts.
#pragma once

#include <cstdint>
#include <vector>

#include "history.hpp"
#include "sample_format.hpp"
#include "sample_header.hpp"

namespace bytezip::experts {

class SampleDetector {
 public:
  // Looks again when the time has come. end: true offset up to which bytes are known.
  void look(const History& history, std::size_t end);

  const SampleFormat& format() const { return format_; }

 private:
  void search(const History& history, std::size_t end);

  bool header_read_ = false;
  SampleSpan header_;
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
