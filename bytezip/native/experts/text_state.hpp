// What a reader of text would remember: the word and the ones before it, the line, the kind of the last characters.
// Bytes >= 0x80 count as letters, so that words in UTF-8 hold together.
// Knows: bytes.  Does not know: lanes, probabilities.
#pragma once

#include <cstdint>

namespace bytezip::experts {

enum class CharacterClass : std::uint8_t { kOther, kSpace, kNewline, kLower, kUpper, kDigit, kHigh, kComma, kStop, kOpen, kClose, kQuote, kOperator, kControl, kZero, kMarkup };

inline CharacterClass character_class(std::uint8_t c) {
  if (c >= 'a' && c <= 'z') return CharacterClass::kLower;
  if (c >= 'A' && c <= 'Z') return CharacterClass::kUpper;
  if (c >= '0' && c <= '9') return CharacterClass::kDigit;
  if (c >= 0x80) return CharacterClass::kHigh;
  switch (c) {
    case 0: return CharacterClass::kZero;
    case ' ': case '\t': return CharacterClass::kSpace;
    case '\n': case '\r': return CharacterClass::kNewline;
    case ',': case ';': case ':': return CharacterClass::kComma;
    case '.': case '!': case '?': return CharacterClass::kStop;
    case '(': case '[': case '{': return CharacterClass::kOpen;
    case ')': case ']': case '}': return CharacterClass::kClose;
    case '"': case '\'': case '`': return CharacterClass::kQuote;
    case '<': case '>': case '&': case '/': return CharacterClass::kMarkup;
    case '+': case '-': case '*': case '=': case '%': case '|': case '^': case '~': return CharacterClass::kOperator;
    default: return c < 32 ? CharacterClass::kControl : CharacterClass::kOther;
  }
}

struct TextState {
  std::uint32_t word = 0;         // hash of the word so far, 0 between words
  std::uint32_t words[2] = {};    // the whole words before, latest first
  std::uint32_t letters = 0;      // of the word so far
  std::uint32_t number = 0;       // hash of the run of digits, kept apart from words
  std::uint32_t gap = 0;          // hash of what stands between this word and the one before
  std::uint32_t line_opening = 0; // the first bytes of the line
  std::uint8_t first_in_line = 0; // its first byte
  std::uint32_t classes = 0;      // CharacterClass of the last 8 bytes, 4 bits each
  std::uint32_t column = 0;       // bytes since the line began
  std::uint32_t last_line = 0;    // length of the line before, newline included
  std::uint32_t indent = 0;       // spaces that open the line
  std::uint32_t tag = 0;          // hash of the innermost "<name" or of the key before ':' or '='

  void absorb(std::uint8_t c) {
    const CharacterClass kind = character_class(c);
    classes = classes << 4 | static_cast<std::uint32_t>(kind);
    absorb_word(c, kind);
    absorb_line(c);
  }

 private:
  static constexpr std::uint32_t kSpread = 0x2F0B4C47;

  void absorb_word(std::uint8_t c, CharacterClass kind) {
    const bool letter = kind == CharacterClass::kLower || kind == CharacterClass::kUpper || kind == CharacterClass::kHigh;
    if (letter) {
      const std::uint32_t folded = kind == CharacterClass::kUpper ? c + 32u : c;
      word = (word + folded + 1) * kSpread;
      number = 0;
      ++letters;
      return;
    }
    if (word != 0) {
      if (c == ':' || c == '=' || c == '>') tag = word;
      words[1] = words[0];
      words[0] = word;
      word = 0;
      letters = 0;
      gap = 0;
    }
    number = kind == CharacterClass::kDigit ? (number + c) * kSpread : 0;
    gap = (gap + c + 1) * kSpread;
  }

  void absorb_line(std::uint8_t c) {
    if (c == '\n') {
      last_line = column + 1;
      column = 0;
      line_opening = 0;
      first_in_line = 0;
      indent = 0;
      return;
    }
    if (column == 0) first_in_line = c;
    if (column < 4) line_opening = line_opening << 8 | c;
    if (c == ' ' && indent == column) ++indent;
    ++column;
  }
};

}  // namespace bytezip::experts
