// Where in an instruction of x86 or x86-64 the next byte stands: a decoder of lengths and fields that follows the bytes
// as they come. Begun anywhere, it finds the true boundaries after a few instructions; data only confuses it.
// After the manual of Intel ("Opcode Map"), reduced to which fields follow an opcode.
// Knows: bytes.  Does not know: contexts, probabilities.
#pragma once

#include <array>
#include <cstdint>

namespace bytezip::experts {

// What the next byte is.
enum class Field : std::uint8_t { kOpcode, kEscaped, kEscapedTwice, kVector, kModRm, kSib, kDisplacement, kImmediate };

class Instruction {
 public:
  // Takes the next byte of the code. wide: x86-64.
  void absorb(std::uint8_t byte, bool wide);

  Field field() const { return field_; }
  int left() const { return left_; }         // bytes of this displacement or immediate that are still to come
  int done() const { return done_; }         // and that have come
  int opcode() const { return opcode_; }     // the last one, with 256 added behind 0F, 512 behind 0F 38 and 0F 3A
  int mod_rm() const { return mod_rm_; }     // -1 before it has come
  int immediate_size() const { return immediate_; }  // still to come behind a displacement
  std::uint32_t value() const { return value_; }     // of the bytes of the field that have come, little-endian

  // Whether the field is 32 bits relative to the end of the instruction.
  bool relative() const { return relative_; }

  // Of all that came of this instruction but displacement and immediate.
  std::uint32_t signature() const { return signature_; }

  // The same of the instructions before, the latest first.
  static constexpr int kPast = 4;
  const std::array<std::uint32_t, kPast>& past() const { return past_; }
  // Their opcodes alone, the latest in the lowest 10 bits.
  std::uint64_t past_opcodes() const { return past_opcodes_; }
  int past_mod_rm() const { return past_mod_rm_; }

 private:
  void take_opcode(std::uint8_t byte, bool wide);
  void take_plain(std::uint8_t byte, bool wide);
  void take_escaped(std::uint8_t byte);
  void take_mod_rm(std::uint8_t byte, bool wide);
  void expect_displacement(int size);
  void expect_immediate();
  void end();

  Field field_ = Field::kOpcode;
  int left_ = 0;
  int done_ = 0;
  int opcode_ = 0;
  int mod_rm_ = -1;
  int immediate_ = 0;
  int vector_left_ = 0;  // bytes of a VEX prefix
  int pending_displacement_ = 0;
  int prefixes_ = 0;
  bool short_operand_ = false;  // prefix 66
  bool long_operand_ = false;   // REX.W
  bool relative_ = false;
  bool relative_immediate_ = false;
  std::uint32_t value_ = 0;
  std::uint32_t signature_ = 0;
  std::array<std::uint32_t, kPast> past_{};
  std::uint64_t past_opcodes_ = 0;
  int past_mod_rm_ = -1;
};

}  // namespace bytezip::experts
