// Whether a lane stands in machine code of x86, and where in an instruction. Code shows by its calls: E8 and four bytes
// of which the last is 00 or FF; and by the opcodes that move and compare, without which a call is only a number.
// x86-64 shows by its REX.W prefixes before common opcodes.
// Knows: bytes.  Does not know: contexts, file formats.
#pragma once

#include <cstdint>

#include "instruction.hpp"

namespace bytezip::experts {

class CodeTracker {
 public:
  // recent: the last 8 bytes, the latest lowest.
  void absorb(std::uint64_t recent) {
    const auto byte = static_cast<std::uint8_t>(recent);
    const auto opcode = static_cast<std::uint8_t>(recent >> 32);
    const bool call = opcode == 0xE8 && (byte == 0x00 || byte == 0xFF) && (recent & 0xFFFFFFFF) != 0;
    calls_ += (call ? kHit : 0) - (calls_ >> kFading);
    moves_ += (is_move(byte) ? kHit : 0) - (moves_ >> kFading);
    const bool wide = (recent >> 8 & 0xFF) == 0x48 && (byte == 0x8B || byte == 0x89 || byte == 0x8D || byte == 0x83);
    wides_ += (wide ? kHit : 0) - (wides_ >> kFading);
    code_ = calls_ > (code_ ? kLeave : kEnter) && moves_ > (code_ ? kFewestMoves : kEnoughMoves);
    if (code_) instruction_.absorb(byte, wides_ > kWide);
  }

  bool in_code() const { return code_; }
  const Instruction& instruction() const { return instruction_; }

 private:
  static constexpr std::uint32_t kHit = 1 << 16;
  static constexpr int kFading = 11;                  // memory of about 2,000 bytes
  static constexpr std::uint32_t kEnter = kHit * 3 / 2;  // hits
  static constexpr std::uint32_t kLeave = kHit / 4;
  static constexpr std::uint32_t kEnoughMoves = kHit * 48;  // compilers write 150 to 320; what has such calls else, up to 41
  static constexpr std::uint32_t kFewestMoves = kHit * 40;
  static constexpr std::uint32_t kWide = kHit * 4;

  static bool is_move(std::uint8_t byte) { return byte == 0x8B || byte == 0x89 || byte == 0x8D || byte == 0x85 || byte == 0x83; }

  std::uint32_t calls_ = 0;
  std::uint32_t moves_ = 0;
  std::uint32_t wides_ = 0;
  bool code_ = false;
  Instruction instruction_;
};

}  // namespace bytezip::experts
