// What the header at the start of a stream says of the samples behind it: BMP, TGA, PNM, TIFF, WAV, as far as they hold
// plain samples of one or two bytes. A header that lies costs ratio, nothing else.
// Knows: history, file formats.  Does not know: lanes, contexts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "history.hpp"
#include "sample_format.hpp"

namespace bytezip::experts {

struct SampleSpan {
  SampleFormat format;     // format.bytes = 0: no such header
  std::uint64_t from = 0;  // true offset of the first sample
  std::uint64_t to = 0;    // and of what follows the last one
};

constexpr std::size_t kHeaderBytes = 256;  // from which a header is read: so many must be known

SampleSpan read_sample_header(const History& history);

}  // namespace bytezip::experts
