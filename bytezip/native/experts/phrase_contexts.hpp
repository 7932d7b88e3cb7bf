// The contexts of phrases: what stands before a byte, as one hash of 56 bits for each kind. A model's table is made with
// them and asked with them, so they belong to the format.
// Knows: bytes, words.  Does not know: tables, probabilities.
#pragma once

#include <cstdint>

#include "text_state.hpp"

namespace bytezip::experts {

constexpr int kPhraseKinds = 6;                        // in the order in which the longer one tells more
constexpr int kPhraseYardstick = kPhraseKinds;         // four bytes: in no table, what the others are measured by
constexpr int kPhraseContexts = kPhraseKinds + 1;

inline std::uint64_t phrase_hash(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = (a ^ 0x9E3779B97F4A7C15ull) * (b * 2 + 0xD6E8FEB86659FD93ull);
  product = (product ^ product >> 29) * 0xBF58476D1CE4E5B9ull;
  return product ^ product >> 32;
}

// recent: the last 8 bytes, the latest lowest; older: the 8 before them.
inline std::uint64_t phrase_context(int kind, std::uint64_t recent, std::uint64_t older, const TextState& text) {
  const auto last = [&](int count) { return recent & ((std::uint64_t{1} << (8 * count)) - 1); };
  const auto hash = [&] {
    switch (kind) {
      case 0: return phrase_hash(phrase_hash(text.word, last(1)), 5);
      case 1: return phrase_hash(last(5), 1);
      case 2: return phrase_hash(last(6), 2);
      case 3: return phrase_hash(recent, 3);
      case 4: return phrase_hash(phrase_hash(text.word, text.words[0]), last(1));
      case 5: return phrase_hash(recent, older & 0xFFFFFFFF);
      default: return phrase_hash(last(4), 9);
    }
  };
  return hash() >> 8;
}

}  // namespace bytezip::experts
