#include "code_contexts.hpp"

namespace bytezip::experts {

// The byte before takes its place in the memories.
void CodeContexts::learn(Place& place, const Lane& lane) {
  for (const std::uint32_t cell : place.operand_cells) operands_[cell] = operands_[cell] << 8 | lane.last(1);
  if (place.address_bytes != kAddressBytes - 1) return;
  const std::uint32_t target = __builtin_bswap32(lane.last_bytes(4)) + place.end;
  for (const std::uint32_t cell : place.target_cells) targets_[cell] = target;
  place.last_targets = {target, place.last_targets[0]};
}

void CodeContexts::enter_address(Place& place, const Lane& lane) const {
  const Instruction& code = lane.code.instruction();
  place.address_bytes = code.relative() && code.done() + code.left() == kAddressBytes ? code.done() : -1;
  if (place.address_bytes >= 0) place.end = static_cast<std::uint32_t>(lane.position) + static_cast<std::uint32_t>(code.left() + code.immediate_size());
}

// 0, or 256 and the byte of a relative address that would lead to where one led that came behind the same. told: the key.
std::uint32_t CodeContexts::expected_address_byte(Place& place, const Lane& lane, int key, std::uint32_t told) const {
  if (place.address_bytes < 0) return 0;
  const int known = place.address_bytes;
  const std::uint32_t low = (lane.code.instruction().value() + place.end) & ((1u << (8 * known)) - 1);
  std::uint32_t& cell = place.target_cells[static_cast<std::size_t>(key * kAddressBytes + known)];
  cell = mix_hash(known == 0 ? 0 : low + 1, told, static_cast<std::uint32_t>(known)) >> (32 - kTargetBits);
  const std::uint32_t target = targets_[cell];
  return target == 0 ? 0 : 256 + ((target - place.end) >> (8 * known) & 255);
}

void CodeContexts::write(const Lane& lane, const History&, std::uint32_t* hashes) {
  Place& place = places_[static_cast<std::size_t>(lane.index)];
  learn(place, lane);
  const Instruction& code = lane.code.instruction();
  const auto field = static_cast<std::uint32_t>(code.field()) | static_cast<std::uint32_t>(code.left()) << 3 | static_cast<std::uint32_t>(code.done()) << 7;
  const std::uint32_t so_far = mix_hash(code.signature(), code.value(), field);
  const auto& past = code.past();
  const auto opcodes = [&](int count) { return static_cast<std::uint32_t>(code.past_opcodes() & ((std::uint64_t{1} << (10 * count)) - 1)); };
  const auto opcode = static_cast<std::uint32_t>(code.opcode());
  const auto mod_rm = static_cast<std::uint32_t>(code.mod_rm() + 1);
  const auto past_mod_rm = static_cast<std::uint32_t>(code.past_mod_rm() + 1);
  place.operand_cells = {mix_hash(so_far, past[0], 1) >> (32 - kOperandBits), mix_hash(field, code.signature(), 2) >> (32 - kOperandBits)};
  enter_address(place, lane);
  const std::uint32_t by_past = expected_address_byte(place, lane, 0, place.address_bytes == 0 ? mix_hash(code.signature(), past[0]) : 0);
  const std::uint32_t by_target = expected_address_byte(place, lane, 1, mix_hash(place.last_targets[0], 1));
  const std::uint32_t by_targets = expected_address_byte(place, lane, 2, mix_hash(place.last_targets[0], place.last_targets[1] + 2));
  const std::uint32_t same_pair = operands_[place.operand_cells[0]];
  const std::uint32_t same = operands_[place.operand_cells[1]];
  *hashes++ = mix_hash(so_far, 1);
  *hashes++ = mix_hash(so_far, past[0], 2);
  *hashes++ = mix_hash(so_far, past[0], past[1] + 3);
  *hashes++ = mix_hash(so_far, mix_hash(past[0], past[1]), past[2] + 4);
  *hashes++ = mix_hash(mix_hash(opcode, code.value(), field), opcodes(3), 5);
  *hashes++ = mix_hash(mix_hash(opcode, mod_rm, field), opcodes(3), static_cast<std::uint32_t>(code.past_opcodes() >> 30 & 0xFFFFF));
  *hashes++ = mix_hash(so_far, same_pair & 0xFFFF, 7);
  *hashes++ = mix_hash(mix_hash(opcode, field), same & 0xFFFFFF, 8);
  *hashes++ = mix_hash(by_past, opcode, field + 9);
  *hashes++ = mix_hash(field, lane.last_bytes(2), 10);
  *hashes++ = mix_hash(field, lane.last_bytes(3), 11);
  *hashes++ = mix_hash(mix_hash(field, opcode), mod_rm << 9 | past_mod_rm, 12);
  *hashes++ = mix_hash(mix_hash(field, mod_rm & 0xC7), code.value(), 13);
  *hashes++ = mix_hash(mix_hash(field, mod_rm & 0x38), past_mod_rm, opcodes(1) + 14);
  *hashes++ = mix_hash(so_far, past[1], 15);
  *hashes++ = mix_hash(by_target, opcode, field + 16);
  *hashes++ = mix_hash(mix_hash(by_targets, by_past), opcode, field + 17);
}

}  // namespace bytezip::experts
