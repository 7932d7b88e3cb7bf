#include "sample_header.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace bytezip::experts {
namespace {

constexpr std::uint64_t kLargestSide = 1 << 20;  // pixels; what says more is no image

// Offsets have 64 bits on every machine: they come from files, and a sum of them must not wrap around.
class Header {
 public:
  explicit Header(const History& history) {
    for (std::size_t i = 0; i < kHeaderBytes; ++i) bytes_[i] = history[i];
  }

  bool begins(std::uint64_t at, const char* text) const { return holds(at, std::strlen(text)) && std::memcmp(bytes_ + at, text, std::strlen(text)) == 0; }

  // Of `size` bytes; 0 where the header ends before.
  std::uint64_t number(std::uint64_t at, std::uint64_t size, bool big_endian = false) const {
    std::uint64_t value = 0;
    if (!holds(at, size)) return 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes_[at + (big_endian ? i : size - 1 - i)];
    return value;
  }

  bool holds(std::uint64_t at, std::uint64_t size) const { return at <= kHeaderBytes && size <= kHeaderBytes - at; }

 private:
  std::uint8_t bytes_[kHeaderBytes];
};

// Rows of `row` bytes, or as long as the pixels where that is 0.
SampleSpan image(std::uint64_t from, std::uint64_t width, std::uint64_t height, std::uint64_t channels, std::uint64_t bits, bool big_endian, std::uint64_t row = 0) {
  SampleSpan span;
  const bool plain = (bits == 8 || bits == 16) && channels >= 1 && channels <= (bits == 8 ? 4u : 2u);
  if (!plain || width < 8 || height < 2 || width > kLargestSide || height > kLargestSide) return span;
  const std::uint64_t bytes = bits / 8;
  row = std::max(row, width * channels * bytes);
  span.format.bytes = static_cast<int>(bytes);
  span.format.big_endian = big_endian;
  span.format.phase = static_cast<int>(from % bytes);
  span.format.channels = static_cast<int>(channels);
  span.format.row = row;
  span.format.origin = from;
  span.from = from;
  span.to = from + height * row;
  return span;
}

SampleSpan read_bmp(const Header& header) {
  const std::uint64_t bits = header.number(28, 2);
  const std::uint64_t compression = header.number(30, 4);
  if (!header.begins(0, "BM") || header.number(14, 4) < 40 || (bits != 24 && bits != 32) || (compression != 0 && compression != 3)) return {};
  const std::uint64_t width = header.number(18, 4);
  const std::uint64_t height = std::min(header.number(22, 4), 0x100000000 - header.number(22, 4));  // negative where it begins at the top
  return image(header.number(10, 4), width, height, bits / 8, 8, false, (width * bits + 31) / 32 * 4);
}

SampleSpan read_tga(const Header& header) {
  const std::uint64_t bits = header.number(16, 1);
  const bool colour = header.number(2, 1) == 2 && (bits == 24 || bits == 32);
  const bool grey = header.number(2, 1) == 3 && bits == 8;
  if ((!colour && !grey) || header.number(3, 5) != 0 || header.number(1, 1) != 0 || (header.number(17, 1) & 0xC0) != 0) return {};
  return image(18 + header.number(0, 1), header.number(12, 2), header.number(14, 2), bits / 8, 8, false);
}

SampleSpan read_pnm(const Header& header) {
  if (!header.begins(0, "P5") && !header.begins(0, "P6")) return {};
  std::uint64_t numbers[3] = {0, 0, 0};  // width, height, greatest value
  std::uint64_t at = 2;
  for (std::uint64_t& number : numbers) {
    for (bool comment = false; header.holds(at, 1); ++at) {
      const auto c = static_cast<char>(header.number(at, 1));
      comment = comment ? c != '\n' : c == '#';
      if (!comment && c != ' ' && c != '\n' && c != '\r' && c != '\t') break;
    }
    for (; header.holds(at, 1) && header.number(at, 1) - '0' < 10 && number <= kLargestSide; ++at) number = number * 10 + header.number(at, 1) - '0';
  }
  return image(at + 1, numbers[0], numbers[1], header.begins(0, "P6") ? 3 : 1, numbers[2] < 256 ? 8 : 16, true);
}

SampleSpan read_tiff(const Header& header) {
  const bool big_endian = header.begins(0, "MM");
  if (!big_endian && !header.begins(0, "II")) return {};
  const auto number = [&](std::uint64_t at, std::uint64_t size) { return header.number(at, size, big_endian); };
  if (number(2, 2) != 42) return {};
  const std::uint64_t directory = number(4, 4);
  std::uint64_t width = 0, height = 0, bits = 8, compression = 1, from = 0, channels = 1, planes = 1;
  for (std::size_t i = 0; i < number(directory, 2); ++i) {
    const std::uint64_t at = directory + 2 + 12 * i;
    if (!header.holds(at, 12)) break;
    const std::uint64_t count = number(at + 4, 4);
    const std::uint64_t size = number(at + 2, 2) == 3 ? 2 : 4;
    const std::uint64_t value = number(count * size > 4 ? number(at + 8, 4) : at + 8, size);  // the first one
    switch (number(at, 2)) {
      case 256: width = value; break;
      case 257: height = value; break;
      case 258: bits = value; break;
      case 259: compression = value; break;
      case 273: from = value; break;
      case 277: channels = value; break;
      case 284: planes = value; break;
      default: break;
    }
  }
  if (compression != 1 || from == 0) return {};
  return image(from, width, height * (planes == 1 ? 1 : channels), planes == 1 ? channels : 1, bits, big_endian);
}

SampleSpan read_wav(const Header& header) {
  SampleSpan span;
  if (!header.begins(0, "RIFF") || !header.begins(8, "WAVEfmt ")) return span;
  const std::uint64_t channels = header.number(22, 2);
  const std::uint64_t bits = header.number(34, 2);
  if (header.number(20, 2) != 1 || (bits != 8 && bits != 16) || channels < 1 || channels > 2) return span;
  std::uint64_t at = 20 + header.number(16, 4);
  while (header.holds(at, 8) && !header.begins(at, "data")) at += 8 + header.number(at + 4, 4);
  if (!header.holds(at, 8)) return span;
  span.format.bytes = static_cast<int>(bits / 8);
  span.format.channels = static_cast<int>(channels);
  span.format.phase = static_cast<int>((at + 8) % (bits / 8));
  span.format.origin = at + 8;
  span.from = at + 8;
  span.to = span.from + header.number(at + 4, 4);
  return span;
}

}  // namespace

SampleSpan read_sample_header(const History& history) {
  const Header header(history);
  for (const auto read : {read_bmp, read_pnm, read_tiff, read_wav, read_tga}) {
    const SampleSpan span = read(header);
    if (span.format.bytes != 0) return span;
  }
  return {};
}

}  // namespace bytezip::experts
