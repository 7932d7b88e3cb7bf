#include "match_expert.hpp"

#include <algorithm>

namespace bytezip::experts {
namespace {

constexpr std::uint32_t kMapLimit = 1023;
constexpr std::uint32_t kLongestVerified = 48;  // bytes compared with a candidate; longer lengths are reached by matching
constexpr std::uint32_t kGiveUp = 8;            // misses of the last 8

int strength_of(std::uint32_t length) {
  constexpr std::uint32_t kFrom[] = {1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512};
  int strength = 0;
  while (strength < 15 && length >= kFrom[strength]) ++strength;
  return strength;
}

int miss_class(std::uint32_t misses) {
  if (misses == 0) return 0;
  const int count = __builtin_popcount(misses);
  const int recent = misses & 1 ? 0 : misses & 2 ? 1 : misses & 12 ? 2 : 3;
  return 1 + recent * 3 + (count > 2 ? 2 : count - 1);
}

}  // namespace

MatchExpert::MatchExpert(Expectation Lane::* expectation, int min_length, int lanes, int table_bits)
    : expectation_(expectation),
      min_length_(static_cast<std::uint32_t>(min_length)),
      table_bits_(table_bits),
      table_(std::size_t{1} << table_bits),
      map_(16 * 16 * 8, AdaptiveProbability(3u << 20, 0)),
      places_(lanes) {}

std::uint32_t MatchExpert::hash(const Lane& lane, const History& history) const {
  std::uint64_t sum = 0;
  for (std::uint32_t age = min_length_; age > 0; --age) sum = (sum + history[lane.position - age] + 1) * 0x9E3779B97F4A7C15ull;
  return static_cast<std::uint32_t>(sum >> (64 - table_bits_));
}

std::uint32_t MatchExpert::verified_length(std::size_t candidate, const Lane& lane, const History& history) const {
  const std::size_t own = lane.position - lane.contiguous_from;
  std::uint32_t length = 0;
  while (length < kLongestVerified && length < own && length < candidate && history.known(candidate - 1 - length) &&
         history[candidate - 1 - length] == history[lane.position - 1 - length])
    ++length;
  return length;
}

void MatchExpert::expect(const Lane& lane, const History& history) {
  Place& place = places_[lane.index];
  place.next = hash(lane, history);
  place.foreseen = lane.position;
  prefetch(&table_[place.next]);
}

void MatchExpert::follow(Place& place, const Lane& lane, const History& history) {
  if (place.pointer == 0) return;
  const bool ahead = place.pointer > place.position;  // in the stripe of a later lane
  const std::size_t distance = ahead ? place.pointer - place.position : place.position - place.pointer;
  place.pointer += lane.position - place.position;
  // Behind a jump the same distance may reach bytes that are still to come. What repeats at a distance also repeats at
  // its multiples: the least of them that reaches back before the row.
  if (place.pointer >= history.row_start() && !history.known(place.pointer)) {
    const std::size_t back = ((place.pointer - history.row_start()) / distance + 1) * distance;
    place.pointer -= std::min(back, place.pointer);
  }
  if (!history.known(place.pointer)) place.pointer = 0;
}

void MatchExpert::search(Place& place, const Lane& lane, const History& history) {
  // A position enters the table a step late, when its byte is known to all lanes.
  table_[place.entry] = static_cast<std::uint32_t>(place.entered);
  if (place.pointer != 0 && place.length >= kCopyLength) return;  // the older copy is in the table
  if (lane.position - lane.contiguous_from < min_length_) return;
  place.entry = place.foreseen == lane.position ? place.next : hash(lane, history);  // nothing is foreseen in a copy
  place.entered = lane.position;
  const std::size_t candidate = table_[place.entry];
  const bool satisfied = place.pointer != 0 && place.length >= min_length_;
  if (satisfied || candidate == 0 || candidate == place.pointer || !history.known(candidate)) return;
  const std::uint32_t length = verified_length(candidate, lane, history);
  if (length < min_length_ || (place.pointer != 0 && length <= place.length)) return;
  place.pointer = candidate;
  place.length = length;
  place.misses = 0;
}

void MatchExpert::begin_byte(Lane& lane, const History& history) {
  Place& place = places_[lane.index];
  // Behind a jump, or bytes that were copied without the experts, the last expectation was of another byte.
  if (place.pointer != 0 && lane.position == place.position + 1) {
    const bool hit = history[place.pointer] == lane.last(1);
    place.length = hit ? place.length + (place.length < 65535) : 0;
    place.misses = (place.misses << 1 | !hit) & 255;
    if (static_cast<std::uint32_t>(__builtin_popcount(place.misses)) >= kGiveUp) place.pointer = 0;
  }
  follow(place, lane, history);
  search(place, lane, history);
  place.position = lane.position;
  Expectation& expectation = lane.*expectation_;
  expectation.present = place.pointer != 0;
  expectation.byte = expectation.present ? history[place.pointer] : 0;
  expectation.length = expectation.present ? place.length : 0;
  expectation.strength = expectation.present ? strength_of(place.length) : 0;
}

void MatchExpert::predict(Lane& lane, float* inputs) {
  Place& place = places_[lane.index];
  Expectation& expectation = lane.*expectation_;
  place.expected = expectation.present ? expected_bit(expectation.byte, lane.partial, lane.bit) : -1;
  expectation.present = place.expected >= 0;
  if (!expectation.present) {
    expectation.strength = 0;
    inputs[0] = inputs[1] = 0;
    return;
  }
  place.context = static_cast<std::uint32_t>((expectation.strength * 16 + miss_class(place.misses)) * 8 + lane.bit);
  const AdaptiveProbability& right = map_[place.context];
  const float x = Logistic::tables().stretch24(right.p24());
  const float distance = (static_cast<float>(right.p12()) - 2048.0f) * (1.0f / 1024);
  inputs[0] = place.expected ? x : -x;
  inputs[1] = place.expected ? distance : -distance;
}

void MatchExpert::update(Lane& lane, int bit) {
  const Place& place = places_[lane.index];
  if (place.expected >= 0) map_[place.context].update(place.expected == bit, kMapLimit, Reciprocals::tables());
}

}  // namespace bytezip::experts
