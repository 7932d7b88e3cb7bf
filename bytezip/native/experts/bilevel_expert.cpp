#include "bilevel_expert.hpp"

#include <algorithm>

#include "context_source.hpp"

namespace bytezip::experts {
namespace {

constexpr std::uint32_t kDirectLimit = 1023;
constexpr std::uint32_t kMapLimit = 1023;

// Pixels since the colour changed, going left; at most `limit`.
std::uint32_t run_length(std::uint64_t pixels, std::uint32_t limit) {
  const std::uint64_t changes = pixels ^ (pixels >> 1);
  std::uint32_t length = 0;
  while (length < limit && (changes >> length & 1) == 0) ++length;
  return length;
}

}  // namespace

BilevelExpert::BilevelExpert(int lanes) : places_(lanes) {}

void BilevelExpert::begin_byte(Lane& lane, const History& history) {
  if (direct_.empty()) {  // memory is for those who have such images
    direct_.resize(std::size_t{kTemplates} << kTableBits);
    histories_.resize(std::size_t{kTemplates} << kTableBits);
    for (int i = 0; i < kTemplates; ++i) append_history_map(maps_, 6);
  }
  Place& place = places_[lane.index];
  for (int row = 0; row < kRows; ++row) {
    const std::size_t above = lane.position - lane.record_length * (row + std::size_t{1});
    std::uint64_t pixels = 0;
    for (std::size_t i = 0; i < 8; ++i) pixels = pixels << 8 | history[above - 3 + i];
    place.rows[row] = pixels;
  }
}

void BilevelExpert::address(Place& place, Lane& lane) const {
  const int bit = lane.bit;
  const std::uint64_t left = lane.recent << bit | (lane.partial & ((1u << bit) - 1));
  const auto pixels = [&](int count) { return static_cast<std::uint32_t>(left & ((std::uint64_t{1} << count) - 1)); };
  const auto above = [&](int row, int from, int to) { return window(place.rows[row - 1], bit, from, to); };
  const std::uint32_t column = static_cast<std::uint32_t>(lane.position % lane.record_length);
  const std::uint32_t contexts[kTemplates] = {
      pixels(4) << 12 | above(1, 4, 3) << 5 | above(2, 3, 2),
      pixels(8) << 10 | above(1, 5, 4),
      pixels(3) << 13 | above(1, 3, 2) << 8 | above(2, 3, 2) << 3 | above(3, 2, 1),
      pixels(2) << 12 | above(1, 2, 1) << 9 | above(2, 2, 1) << 6 | above(3, 2, 1) << 3 | above(4, 2, 1),
      pixels(12) << 4 | above(1, 2, 2),
      pixels(6) << 12 | above(1, 6, 6),
      mix_hash(pixels(11) << 11 | above(1, 6, 5), above(2, 4, 3) << 5 | above(3, 3, 2)) >> (32 - kTableBits),
      mix_hash(pixels(5) << 16 | above(1, 8, 8), above(2, 1, 1)) >> (32 - kTableBits),
      mix_hash(run_length(left, 63) << 7 | run_length(place.rows[0] >> (39 - bit), 63) << 1 | pixels(1), above(1, 1, 7)) >> (32 - kTableBits),
      mix_hash(above(1, 8, 8), above(2, 3, 3) << 1 | pixels(1)) >> (32 - kTableBits),
      mix_hash(pixels(16), above(1, 10, 10), above(2, 8, 8)) >> (32 - kTableBits),
      mix_hash(column * 8 + static_cast<std::uint32_t>(bit), pixels(2) << 3 | above(1, 2, 1)) >> (32 - kTableBits),
      mix_hash(pixels(6) << 14 | above(1, 4, 4) << 6 | above(2, 3, 3), above(3, 3, 3) << 6 | above(4, 3, 3)) >> (32 - kTableBits),
      mix_hash(pixels(8) << 12 | above(1, 6, 6), above(2, 6, 6) << 8 | above(3, 4, 4)) >> (32 - kTableBits),
      mix_hash(pixels(3) << 20 | above(1, 12, 8), above(2, 3, 3)) >> (32 - kTableBits),
      mix_hash(above(1, 4, 4) << 16 | above(2, 4, 4) << 8 | above(3, 4, 4), above(4, 4, 4) << 3 | pixels(3)) >> (32 - kTableBits),
  };
  for (int i = 0; i < kTemplates; ++i) place.contexts[i] = static_cast<std::uint32_t>(i) << kTableBits | contexts[i];
  lane.near[0] = mix_hash(contexts[0], above(3, 2, 1), 1) | 1;
  lane.near[1] = ((mix_hash(contexts[4], above(1, 6, 5), above(2, 4, 4)) | 1 << 16) & 0xFFFFFF00) | pixels(3) << 5 | above(1, 3, 2);
  place.selected = {
      static_cast<int>(pixels(3) << 9 | above(1, 3, 2) << 4 | above(2, 2, 2)),
      static_cast<int>(pixels(2) << 9 | above(1, 2, 1) << 6 | above(2, 2, 1) << 3 | above(3, 2, 1)),
      static_cast<int>(pixels(4) << 7 | above(1, 4, 3)),
      static_cast<int>(static_cast<std::uint32_t>(bit) << 8 | pixels(3) << 5 | above(1, 3, 2)),
  };
}

void BilevelExpert::predict(Lane& lane, float* inputs) {
  Place& place = places_[lane.index];
  address(place, lane);
  const Logistic& logistic = Logistic::tables();
  for (int i = 0; i < kTemplates; ++i) {
    const std::uint32_t context = place.contexts[i];
    const AdaptiveProbability& direct = direct_[context];
    *inputs++ = logistic.stretch24(direct.p24());
    *inputs++ = (static_cast<float>(direct.p12()) - 2048.0f) * (1.0f / 1024);
    const std::uint8_t state = histories_[context];
    *inputs++ = state == 0 ? 0 : logistic.stretch24(maps_[i * 256 + state].p24());
  }
}

void BilevelExpert::select(const Lane& lane, int* selected) const {
  const Place& place = places_[lane.index];
  std::copy(place.selected.begin(), place.selected.end(), selected);
}

void BilevelExpert::update(Lane& lane, int bit) {
  const Place& place = places_[lane.index];
  const std::uint16_t* const reciprocals = Reciprocals::tables();
  for (int i = 0; i < kTemplates; ++i) {
    const std::uint32_t context = place.contexts[i];
    direct_[context].update(bit, kDirectLimit, reciprocals);
    maps_[i * 256 + histories_[context]].update(bit, kMapLimit, reciprocals);
    histories_[context] = BitHistory::tables().next(histories_[context], bit);
  }
}

}  // namespace bytezip::experts
