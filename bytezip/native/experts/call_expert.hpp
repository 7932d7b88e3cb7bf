// Calls and jumps of x86: their operand is relative to where they stand, but the same routine is called from many places.
// Behind an opcode E8 or E9 this expert forecasts the four operand bytes from absolute targets seen before: the first
// byte from what stands before the opcode, the others from the low bytes of the target, which the first ones give.
// Knows: lanes, history.  Does not know: the mixer.
#pragma once

#include <vector>

#include "adaptive_probability.hpp"
#include "context_source.hpp"
#include "expert.hpp"
#include "logistic.hpp"

namespace bytezip::experts {

class CallExpert final : public Expert {
 public:
  static constexpr int kInputs = 2;

  explicit CallExpert(int lanes) : targets_(std::size_t{1} << kTableBits), map_(4 * 8 * 8, AdaptiveProbability(1u << 21, 0)), places_(lanes) {}

  int inputs() const override { return kInputs; }

  void begin_byte(Lane& lane, const History&) override {
    Place& place = places_[lane.index];
    learn(place, lane);
    place.known = operand_bytes(lane);
    place.target = 0;
    if (place.known < 0) return;
    const std::uint32_t low = place.known == 0 ? 0 : lane.last_bytes(place.known);
    const auto end = static_cast<std::uint32_t>(lane.position) + 4 - static_cast<std::uint32_t>(place.known);
    place.end = end;
    const std::uint32_t low_target = swapped(low, place.known) + end;
    place.cell = cell_of(lane, place.known, low_target);
    place.target = targets_[place.cell].target;
    place.sure = targets_[place.cell].hits;
    place.byte = static_cast<std::uint8_t>((place.target - end) >> (8 * place.known));
  }

  void predict(Lane& lane, float* inputs) override {
    Place& place = places_[lane.index];
    place.expected = place.target == 0 ? -1 : expected_bit(place.byte, lane.partial, lane.bit);
    if (place.expected < 0) {
      inputs[0] = inputs[1] = 0;
      return;
    }
    const AdaptiveProbability& right = map_[context(place, lane)];
    const float x = Logistic::tables().stretch12(right.p12());
    const float distance = (static_cast<float>(right.p12()) - 2048.0f) * (1.0f / 1024);
    inputs[0] = place.expected ? x : -x;
    inputs[1] = place.expected ? distance : -distance;
  }

  void update(Lane& lane, int bit) override {
    const Place& place = places_[lane.index];
    if (place.expected >= 0) map_[context(place, lane)].update(place.expected == bit, kMapLimit, Reciprocals::tables());
  }

  void show_experience(ExperienceVisitor& visitor) override { visitor.visit_probabilities(map_.data(), map_.size()); }

 private:
  static constexpr int kTableBits = 16;
  static constexpr std::uint32_t kMapLimit = 255;

  struct Cell {
    std::uint32_t target = 0;  // absolute, 0 = none
    std::uint8_t hits = 0;     // times in a row that it was right, up to 7
  };

  struct Place {  // of one lane
    int known = -1;            // operand bytes that have come, 0..3; -1 = not in an operand
    int expected = -1;
    std::uint8_t byte = 0;
    std::uint8_t sure = 0;
    std::uint32_t end = 0;     // true offset behind the operand
    std::uint32_t target = 0;  // the forecast
    std::uint32_t cell = 0;
    std::uint32_t cells[4] = {};  // the cells asked for this operand
  };

  static std::size_t context(const Place& place, const Lane& lane) {
    return static_cast<std::size_t>((place.known * 8 + place.sure) * 8 + lane.bit);
  }

  // Operand bytes behind the nearest opcode, -1 if that is too far away.
  static int operand_bytes(const Lane& lane) {
    for (int age = 4; age >= 1; --age)
      if ((lane.last(age) & 0xFE) == 0xE8) return age - 1;
    return -1;
  }

  // The latest bytes as the little-endian number that they are in the file.
  static std::uint32_t swapped(std::uint32_t bytes, int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | (bytes >> (8 * i) & 255);
    return value;
  }

  static std::uint32_t cell_of(const Lane& lane, int known, std::uint32_t low_target) {
    const std::uint32_t told = known == 0 ? lane.last_bytes(3) : low_target & ((1u << (8 * known)) - 1);
    return mix_hash(told, static_cast<std::uint32_t>(known)) >> (32 - kTableBits);
  }

  // When the operand is whole, its cells take the target.
  void learn(Place& place, const Lane& lane) {
    if (place.known < 0) return;
    place.cells[place.known] = place.cell;
    if (place.known < 3 || lane.position != place.end) return;
    const std::uint32_t target = swapped(lane.last_bytes(4), 4) + place.end;
    for (const std::uint32_t index : place.cells) {
      Cell& cell = targets_[index];
      const bool same = cell.target == target;
      cell.hits = static_cast<std::uint8_t>(same ? cell.hits + (cell.hits < 7) : 0);
      cell.target = target;
    }
  }

  std::vector<Cell> targets_;
  std::vector<AdaptiveProbability> map_;
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
