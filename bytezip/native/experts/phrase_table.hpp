// What mostly followed in the training set, for some millions of contexts: a model's table of phrases. A line of 64 bytes
// has 21 cells, in three rows, so that a look-up reads one cache line: the low 8 bits of the check of each; its high 4
// bits and the confidence; the byte that followed. A cell without contents has the check 0, which no context has.
// Knows: hashes.  Does not know: what they are made of, what a confidence is worth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "table.hpp"

namespace bytezip::experts {

struct Phrase {
  bool known = false;
  std::uint8_t byte = 0;        // that mostly followed
  std::uint8_t confidence = 0;  // 0..15
};

class PhraseTable {
 public:
  static constexpr std::size_t kLineBytes = 64;
  static constexpr std::size_t kCells = 21;
  static constexpr std::size_t kMaxLines = std::size_t{1} << 22;
  static constexpr int kConfidences = 16;

  // lines: 1 to kMaxLines, of kLineBytes each.
  PhraseTable(const std::uint8_t* data, std::size_t lines) : lines_(lines), data_(lines * kLineBytes) { std::memcpy(data_.data(), data, data_.size()); }

  static std::size_t line_of(std::uint64_t context, std::size_t lines) { return ((context >> 32) * lines) >> 24; }

  // The first of the first `used` cells of a line that is of this context; `used` where there is none.
  static std::size_t cell_of(const std::uint8_t* line, std::uint64_t context, std::size_t used) {
    const std::uint32_t check = check_of(context);
    std::size_t i = 0;
    while (i < used && (line[i] != (check & 255) || line[kCells + i] >> 4 != static_cast<int>(check >> 8))) ++i;
    return i;
  }

  // Fills a cell of a line.
  static void write(std::uint8_t* line, std::size_t cell, std::uint64_t context, const Phrase& phrase) {
    const std::uint32_t check = check_of(context);
    line[cell] = static_cast<std::uint8_t>(check);
    line[kCells + cell] = static_cast<std::uint8_t>(check >> 8 << 4 | phrase.confidence);
    line[2 * kCells + cell] = phrase.byte;
  }

  void expect(std::uint64_t context) const { __builtin_prefetch(line(context)); }

  Phrase find(std::uint64_t context) const {
    const std::uint8_t* const cells = line(context);
    const std::size_t i = cell_of(cells, context, kCells);
    if (i == kCells) return {};
    return {true, cells[2 * kCells + i], static_cast<std::uint8_t>(cells[kCells + i] & 15)};
  }

 private:
  // 1..4095
  static std::uint32_t check_of(std::uint64_t context) { return 1 + static_cast<std::uint32_t>(((context & 0xFFFFFFFF) * 4095) >> 32); }

  const std::uint8_t* line(std::uint64_t context) const { return &data_[line_of(context, lines_) * kLineBytes]; }

  std::size_t lines_;
  Table<std::uint8_t> data_;
};

}  // namespace bytezip::experts
