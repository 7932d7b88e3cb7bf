// Makes a table of phrases from a training set, in two passes. The first one counts, for each kind of context, which byte
// followed each context; those that two sources have in common, and that tell something, are candidates. The second one
// credits a candidate, wherever it speaks, with the bits by which it is better than the shorter ones together, and the
// best are kept: what four bytes tell already is no use beside a network.
// Knows: contexts, the table's layout.  Does not know: Python, files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "experts/phrase_contexts.hpp"
#include "experts/table.hpp"

namespace bytezip {

class PhraseCounter {
 public:
  // table_bits: 2 to 32; the first pass keeps 2^table_bits contexts at a time, of 16 bytes each.
  explicit PhraseCounter(int table_bits);

  // A pass over all data for each kind, 0 to kPhraseContexts - 1, then the candidates among them are kept.
  void begin(int kind);
  void count(const std::uint8_t* data, std::size_t size, std::uint32_t source);
  void keep();

  // weight: of each byte of this data.
  void credit(const std::uint8_t* data, std::size_t size, float weight);

  std::size_t candidates() const { return kept_; }

  // [lines][PhraseTable::kLineBytes]
  std::vector<std::uint8_t> table(std::size_t lines);

 private:
  struct Cell {
    std::uint64_t context_and_source = 0;  // 56 bits; 8 bits of the source that had it last, 0 = empty
    std::uint16_t total = 0;
    std::uint16_t hits = 0;        // of byte
    std::uint16_t rival_hits = 0;  // of rival, less those of still others
    std::uint8_t byte = 0;
    std::uint8_t rival = 0;

    std::uint64_t context() const { return context_and_source >> 8; }
  };

  struct Candidate {
    std::uint64_t context = 0;
    float credit = 0;
    std::uint16_t total = 0;  // 0 = empty
    std::uint16_t hits = 0;
    std::uint8_t byte = 0;
    bool kept = true;  // whether it may enter the table
  };

  Cell* find_cell(std::uint64_t context);
  void count_one(std::uint64_t context, std::uint8_t byte, std::uint8_t source);
  void place_candidates();
  Candidate* find_candidate(std::uint64_t context);
  void credit_one(const std::uint64_t* contexts, std::uint8_t byte, float weight);

  int kind_ = 0;
  int bucket_bits_;
  experts::Table<Cell> cells_;
  std::vector<std::uint8_t> shared_;        // of each cell: whether two sources have it
  std::vector<Candidate> candidates_;       // as they are kept, and at last in an open hash table
  std::size_t kept_ = 0;                    // how many there are
  int place_bits_ = 0;                      // of that; 0 = not placed yet
};

}  // namespace bytezip
