// One lane: where it stands in the stream and what it remembers of its own latest bytes. Experts read it; the parts that
// other experts select by (matches, hits) are written by the expert that knows them.
// Knows: bytes, positions.  Does not know: probabilities.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "arm_tracker.hpp"
#include "binary_tracker.hpp"
#include "code_tracker.hpp"
#include "sample_detector.hpp"
#include "text_state.hpp"

namespace bytezip::experts {

// What a match model expects of the byte to come.
struct Expectation {
  bool present = false;     // holds until a bit contradicts it
  std::uint8_t byte = 0;
  std::uint32_t length = 0;  // bytes that matched so far
  int strength = 0;          // 0 = absent; 1..15 grows with the length
};

constexpr int kPhraseClasses = 17;

// The kind of the data where the lane stands, as far as specialists exist for it.
enum class Modality : std::uint8_t { kGeneral, kTable, kBilevel, kSamples };

struct Lane {
  int index = 0;
  bool active = false;            // has a byte at this step
  std::size_t position = 0;       // true offset of the byte to come
  std::size_t contiguous_from = 0;  // the bytes from here to `position` are known and its own context

  std::uint32_t partial = 1;  // the bits known of the byte to come, after a leading 1
  int bit = 0;                // how many
  std::uint64_t recent = 0;   // the last 8 bytes, the latest lowest
  std::uint64_t older = 0;    // the 8 before them
  TextState text;
  CodeTracker code;
  ArmTracker arm;
  BinaryTracker binary;

  bool asks_network = false;    // whether it is known what the network says of the byte to come, and then
  std::uint32_t likeliest = 0;  // the three bytes that it holds likeliest, the first one highest

  Expectation long_match;
  Expectation short_match;
  std::uint32_t phrase = 0;  // of the longest context with a phrase: 1, confidence (4 bits), byte (8 bits); 0 = none
  int phrase_class = 0;      // how sure the surest phrase is of the bit at hand, and of which: 0 = none, below kPhraseClasses
  int order_hits = 0;  // of the order contexts, how many were seen before at this bit
  std::uint32_t record_length = 0;  // 0 where no records show
  bool firm_records = false;        // most of a record is as in the one before
  Modality modality = Modality::kGeneral;
  const SampleFormat* samples = nullptr;  // where the modality is kSamples
  std::array<std::uint32_t, 2> near{};    // where a specialist speaks: digests of what lies around the bit, else 0

  bool sampled() const { return modality == Modality::kBilevel || modality == Modality::kSamples; }

  std::uint8_t last(int age) const { return static_cast<std::uint8_t>(recent >> (8 * (age - 1))); }  // age 1..8
  std::uint32_t last_bytes(int count) const {                                                        // count 1..4
    return static_cast<std::uint32_t>(recent & ((std::uint64_t{1} << (8 * count)) - 1));
  }

  // Takes the byte at `position`, which does not move.
  void absorb(std::uint8_t byte) {
    older = older << 8 | recent >> 56;
    recent = recent << 8 | byte;
    text.absorb(byte);
    code.absorb(recent);
    arm.absorb(recent, position);
    binary.absorb(byte);
    partial = 1;
    bit = 0;
  }
};

// The bit that a byte puts next, given that the bits known so far agree with it; otherwise -1.
inline int expected_bit(std::uint8_t byte, std::uint32_t partial, int bit) {
  const std::uint32_t whole = byte | 256u;
  return (whole >> (8 - bit)) == partial ? static_cast<int>(whole >> (7 - bit) & 1) : -1;
}

}  // namespace bytezip::experts
