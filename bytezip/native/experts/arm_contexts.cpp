#include "arm_contexts.hpp"

namespace bytezip::experts {
namespace {

// What an instruction does, without registers and immediates as far as its group shows it.
std::uint32_t kind(std::uint32_t word) {
  const std::uint32_t top = word >> 24;
  if ((top & 0x7C) == 0x14) return top & 0xFC;          // B, BL
  if ((top & 0x1F) == 0x10) return top & 0x9F;          // ADR, ADRP
  if (top == 0x54) return top | (word & 15) << 8;       // B.cond
  if ((top & 0x7C) == 0x34) return top;                 // CBZ, CBNZ, TBZ, TBNZ
  return word >> 21;
}

std::uint32_t destination(std::uint32_t word) { return word & 31; }
std::uint32_t base(std::uint32_t word) { return word >> 5 & 31; }

constexpr std::uint32_t kCall = 0x94000000;

}  // namespace

// The byte before takes its place in the memories.
void ArmContexts::learn(Place& place, const Lane& lane) {
  for (const std::uint32_t cell : place.follower_cells) followers_[cell] = followers_[cell] << 8 | lane.last(1);
  if ((lane.position & 3) != 0 || !ArmTracker::is_call(lane.arm.past()[0])) return;
  for (const auto& cells : place.target_cells)
    for (const std::uint32_t cell : cells) targets_[cell] = lane.arm.target() + 1;
}

// 0, or 256 and the byte of a call that would lead where one led that came behind the same. told: the key.
std::uint32_t ArmContexts::expected_call_byte(const Lane& lane, std::array<std::uint32_t, 4>& cells, std::uint32_t told) const {
  const auto known = static_cast<std::uint32_t>(lane.position & 3);
  const auto here = static_cast<std::uint32_t>(lane.position >> 2);
  const std::uint32_t come = __builtin_bswap32(lane.last_bytes(4)) >> 8 >> (8 * (3 - known));
  const std::uint32_t low = (come + here) & ((1u << (8 * known)) - 1);
  cells[known] = mix_hash(low, told, known) >> (32 - kTargetBits);
  const std::uint32_t target = targets_[cells[known]];
  return target == 0 ? 0 : 256 + ((kCall | ((target - 1 - here) & ArmTracker::kTargetMask)) >> (8 * known) & 255);
}

void ArmContexts::write(const Lane& lane, const History&, std::uint32_t* hashes) {
  Place& place = places_[static_cast<std::size_t>(lane.index)];
  learn(place, lane);
  const ArmTracker& code = lane.arm;
  const auto known = static_cast<std::uint32_t>(lane.position & 3);
  const std::uint32_t begun = known << 24 | (lane.last_bytes(4) & ((1u << (8 * known)) - 1));
  const auto& past = code.past();
  const std::uint32_t kinds[4] = {kind(past[0]), kind(past[1]), kind(past[2]), kind(past[3])};
  const std::uint32_t two = mix_hash(kinds[0], kinds[1]);
  const std::uint32_t three = mix_hash(two, kinds[2]);
  place.follower_cells = {mix_hash(begun, past[0], 1) >> (32 - kFollowerBits), mix_hash(begun, two, 2) >> (32 - kFollowerBits)};
  const std::uint32_t followed = followers_[place.follower_cells[0]];
  const std::uint32_t followed_kinds = followers_[place.follower_cells[1]];
  const std::uint32_t by_kind = expected_call_byte(lane, place.target_cells[0], known == 0 ? mix_hash(past[0], past[1]) : 0);
  const std::uint32_t by_target = expected_call_byte(lane, place.target_cells[1], mix_hash(code.target(), 1));
  *hashes++ = mix_hash(begun, 1);
  *hashes++ = mix_hash(begun, past[0], 2);
  *hashes++ = mix_hash(begun, past[0], past[1] + 3);
  *hashes++ = mix_hash(begun, mix_hash(past[0], past[1]), past[2] + 4);
  *hashes++ = mix_hash(begun, kinds[0], 5);
  *hashes++ = mix_hash(begun, two, 6);
  *hashes++ = mix_hash(begun, three, 7);
  *hashes++ = mix_hash(begun, mix_hash(three, kinds[3]), static_cast<std::uint32_t>(code.past_tops() >> 32) + 8);
  *hashes++ = mix_hash(begun, kinds[0], destination(past[0]) << 10 | base(past[0]) << 5 | 9);
  *hashes++ = mix_hash(begun, destination(past[0]) << 5 | destination(past[1]), 10);
  *hashes++ = mix_hash(begun, two, destination(past[0]) << 10 | destination(past[1]) << 5 | 11);
  *hashes++ = mix_hash(begun, past[1], 12);
  *hashes++ = mix_hash(begun, kinds[0], (past[0] >> 10 & 0xFFF) << 5 | 13);
  *hashes++ = mix_hash(begun, code.page(), kinds[0] + 14);
  *hashes++ = mix_hash(followed & 0xFFFF, begun, 15);
  *hashes++ = mix_hash(followed_kinds & 0xFFFFFF, known, 16);
  *hashes++ = mix_hash(by_kind << 2 | known, kinds[0], 17);
  *hashes++ = mix_hash(by_target << 2 | known, by_kind, 18);
}

}  // namespace bytezip::experts
