// Whether a lane stands in machine code of 64-bit ARM, and which instructions came before: words of four bytes, little-
// endian and aligned, whose highest byte is one of few. Code shows by its calls (BL) among those, which arrays of numbers
// have not, and by its second byte, which is no such byte: in Cyrillic text one is like the other.
// After the manual of Arm ("A64 instruction set encoding").
// Knows: bytes, positions.  Does not know: contexts, file formats.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace bytezip::experts {

class ArmTracker {
 public:
  // recent: the last 8 bytes, the latest lowest; position: of the latest.
  void absorb(std::uint64_t recent, std::size_t position) {
    if ((position & 3) != 3) return;
    const std::uint32_t word = __builtin_bswap32(static_cast<std::uint32_t>(recent));
    common_ += (is_common(word >> 24) ? kHit : 0) - (common_ >> kFading);
    elsewhere_ += (is_common(word >> 8 & 255) ? kHit : 0) - (elsewhere_ >> kFading);
    calls_ += (is_call(word) ? kHit : 0) - (calls_ >> kFading);
    code_ = common_ > (code_ ? kFewestCommon : kEnoughCommon) && common_ > 2 * elsewhere_ && calls_ > (code_ ? kFewestCalls : kEnoughCalls);
    for (std::size_t i = kPast - 1; i > 0; --i) past_[i] = past_[i - 1];
    past_[0] = word;
    past_tops_ = past_tops_ << 8 | word >> 24;
    if (!code_) return;
    const auto here = static_cast<std::uint32_t>(position >> 2);
    if (is_call(word)) target_ = (word + here) & kTargetMask;
    if (is_page(word)) page_ = ((word >> 3 & 0x1FFFFC) | (word >> 29 & 3)) + (here >> 10);
  }

  bool in_code() const { return code_; }

  // The instructions before, the latest first.
  static constexpr int kPast = 4;
  const std::array<std::uint32_t, kPast>& past() const { return past_; }
  std::uint64_t past_tops() const { return past_tops_; }  // highest bytes, the latest lowest
  std::uint32_t target() const { return target_; }        // of the last call, in words from the start of the stream
  std::uint32_t page() const { return page_; }            // that the last ADRP named

  static constexpr std::uint32_t kTargetMask = (1u << 26) - 1;
  static bool is_call(std::uint32_t word) { return word >> 26 == 0x25; }
  static bool is_page(std::uint32_t word) { return (word >> 24 & 0x9F) == 0x90; }

 private:
  static constexpr std::uint32_t kHit = 1 << 16;
  static constexpr int kFading = 8;  // memory of about 256 words
  static constexpr std::uint32_t kEnoughCommon = kHit * 140;
  static constexpr std::uint32_t kFewestCommon = kHit * 100;
  static constexpr std::uint32_t kEnoughCalls = kHit * 3;
  static constexpr std::uint32_t kFewestCalls = kHit / 4;

  static bool is_common(std::uint32_t top) {
    switch (top) {
      case 0x14: case 0x17: case 0x2A: case 0x34: case 0x35: case 0x38: case 0x39: case 0x52: case 0x54: case 0x6B: case 0x71: case 0x72:
      case 0x8B: case 0x90: case 0x91: case 0x94: case 0x97: case 0xA8: case 0xA9: case 0xAA: case 0xB0: case 0xB4: case 0xB5: case 0xB8:
      case 0xB9: case 0xCB: case 0xD0: case 0xD1: case 0xD2: case 0xD3: case 0xD5: case 0xD6: case 0xEB: case 0xF0: case 0xF1: case 0xF8:
      case 0xF9: return true;
      default: return false;
    }
  }

  std::uint32_t common_ = 0;
  std::uint32_t elsewhere_ = 0;  // common ones that are the second byte: a fifth of the others at most
  std::uint32_t calls_ = 0;
  bool code_ = false;
  std::array<std::uint32_t, kPast> past_{};
  std::uint64_t past_tops_ = 0;
  std::uint32_t target_ = 0;
  std::uint32_t page_ = 0;
};

}  // namespace bytezip::experts
