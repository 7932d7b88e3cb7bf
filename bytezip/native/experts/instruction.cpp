#include "instruction.hpp"

#include "context_source.hpp"

namespace bytezip::experts {
namespace {

// Of the one-byte opcodes: M = mod/rm follows; digits = bytes of immediate; w = 4 bytes or 2 by the prefix 66, and
// capitals with mod/rm: B = with 1 byte, W = with w; v = as w, but 8 with REX.W; o = an address; j = 4 bytes relative;
// p = prefix; x = far address, 6 bytes; e = escape 0F; - = nothing.
constexpr char kPlain[257] =
    "MMMM1w--MMMM1w-e"
    "MMMM1w--MMMM1w--"
    "MMMM1wp-MMMM1wp-"
    "MMMM1wp-MMMM1wp-"
    "----------------"
    "----------------"
    "--MMppppwW1B----"
    "1111111111111111"
    "BWBBMMMMMMMMMMMM"
    "----------x-----"
    "oooo----1w------"
    "11111111vvvvvvvv"
    "BB2-MMBW3-2--1--"
    "MMMM11--MMMMMMMM"
    "11111111jjx1----"
    "p-pp--MM------MM";

// Of those behind 0F: t = two more maps behind 38 and 3A.
constexpr char kEscaped[257] =
    "MMMM-----M-M-M-B"
    "MMMMMMMMMMMMMMMM"
    "MMMMMMMMMMMMMMMM"
    "--------t-t-----"
    "MMMMMMMMMMMMMMMM"
    "MMMMMMMMMMMMMMMM"
    "MMMMMMMMMMMMMMMM"
    "BBBBMMM-MMMMMMMM"
    "jjjjjjjjjjjjjjjj"
    "MMMMMMMMMMMMMMMM"
    "---MBM-----MBMMM"
    "MMMMMMMMMMBMMMMM"
    "MMBMBBBM--------"
    "MMMMMMMMMMMMMMMM"
    "MMMMMMMMMMMMMMMM"
    "MMMMMMMMMMMMMMMM";

constexpr int kMostPrefixes = 14;  // an instruction has 15 bytes at most

}  // namespace

void Instruction::end() {
  for (int i = kPast - 1; i > 0; --i) past_[i] = past_[i - 1];
  past_[0] = signature_;
  past_opcodes_ = past_opcodes_ << 10 | static_cast<std::uint64_t>(opcode_);
  past_mod_rm_ = mod_rm_;
  field_ = Field::kOpcode;
  left_ = done_ = immediate_ = prefixes_ = vector_left_ = pending_displacement_ = 0;
  mod_rm_ = -1;
  short_operand_ = long_operand_ = relative_ = relative_immediate_ = false;
  value_ = signature_ = 0;
}

void Instruction::absorb(std::uint8_t byte, bool wide) {
  if (field_ == Field::kDisplacement || field_ == Field::kImmediate) {
    value_ |= done_ < 4 ? static_cast<std::uint32_t>(byte) << (8 * done_) : 0;
    ++done_;
    if (--left_ > 0) return;
    if (field_ == Field::kDisplacement) return expect_immediate();
    return end();
  }
  signature_ = mix_hash(signature_, byte + 1u);
  switch (field_) {
    case Field::kOpcode: return take_opcode(byte, wide);
    case Field::kVector:
      if (--vector_left_ == 0) field_ = Field::kEscaped;
      return;
    case Field::kEscaped: return take_escaped(byte);
    case Field::kEscapedTwice:
      opcode_ = 512 + byte;
      field_ = Field::kModRm;
      return;
    case Field::kModRm: return take_mod_rm(byte, wide);
    default:  // kSib
      if (pending_displacement_ == 0 && mod_rm_ < 0x40 && (byte & 7) == 5) pending_displacement_ = 4;
      return expect_displacement(pending_displacement_);
  }
}

void Instruction::take_opcode(std::uint8_t byte, bool wide) {
  const bool rex = wide && (byte & 0xF0) == 0x40;
  if ((rex || kPlain[byte] == 'p') && prefixes_ < kMostPrefixes) {
    ++prefixes_;
    short_operand_ |= byte == 0x66;
    long_operand_ |= rex && (byte & 8) != 0;
    return;
  }
  if (wide && (byte == 0xC4 || byte == 0xC5)) {
    vector_left_ = byte == 0xC4 ? 2 : 1;
    field_ = Field::kVector;
    return;
  }
  take_plain(byte, wide);
}

void Instruction::take_plain(std::uint8_t byte, bool wide) {
  opcode_ = byte;
  const int word = short_operand_ ? 2 : 4;
  switch (kPlain[byte]) {
    case 'e': field_ = Field::kEscaped; return;
    case 'M': field_ = Field::kModRm; return;
    case 'B': immediate_ = 1; field_ = Field::kModRm; return;
    case 'W': immediate_ = word; field_ = Field::kModRm; return;
    case '1': immediate_ = 1; break;
    case '2': immediate_ = 2; break;
    case '3': immediate_ = 3; break;
    case 'w': immediate_ = word; break;
    case 'v': immediate_ = long_operand_ ? 8 : word; break;
    case 'o': immediate_ = wide ? 8 : 4; break;
    case 'x': immediate_ = wide ? 0 : 6; break;
    case 'j': immediate_ = 4; relative_immediate_ = true; break;
    default: break;
  }
  expect_immediate();
}

void Instruction::take_escaped(std::uint8_t byte) {
  opcode_ = 256 + byte;
  field_ = Field::kModRm;
  switch (kEscaped[byte]) {
    case 't':
      immediate_ = byte == 0x3A;
      field_ = Field::kEscapedTwice;
      return;
    case 'B': immediate_ = 1; return;
    case 'M': return;
    case 'j': immediate_ = 4; relative_immediate_ = true; break;
    default: break;
  }
  expect_immediate();
}

void Instruction::take_mod_rm(std::uint8_t byte, bool wide) {
  mod_rm_ = byte;
  const int mod = byte >> 6;
  const int rm = byte & 7;
  if ((opcode_ == 0xF6 || opcode_ == 0xF7) && (byte >> 3 & 7) < 2) immediate_ = opcode_ == 0xF6 ? 1 : short_operand_ ? 2 : 4;
  const int displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;
  if (mod != 3 && rm == 4) {
    pending_displacement_ = displacement;
    field_ = Field::kSib;
    return;
  }
  relative_ = mod == 0 && rm == 5 && wide;
  expect_displacement(mod == 0 && rm == 5 ? 4 : displacement);
}

void Instruction::expect_displacement(int size) {
  if (size == 0) return expect_immediate();
  field_ = Field::kDisplacement;
  left_ = size;
  done_ = 0;
  value_ = 0;
}

void Instruction::expect_immediate() {
  if (immediate_ == 0) return end();
  field_ = Field::kImmediate;
  left_ = immediate_;
  immediate_ = 0;
  done_ = 0;
  value_ = 0;
  relative_ = relative_immediate_;
}

}  // namespace bytezip::experts
