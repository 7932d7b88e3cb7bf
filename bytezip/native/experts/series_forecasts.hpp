// Bytes foretold by going on with a series: where the last two bytes that stood in this place differ, the next one may
// differ by as much. A place is a context of the last bytes, or a column of the records. Row and column numbers,
// offsets, counters and ramps are such series; records of changing length hide them from a context of the column.
// Knows: lanes, history.  Does not know: the mixer.
#pragma once

#include <array>
#include <vector>

#include "adaptive_probability.hpp"
#include "context_source.hpp"
#include "logistic.hpp"

namespace bytezip::experts {

class SeriesForecasts {
 public:
  static constexpr int kCount = 6;
  static constexpr int kInputs = kCount * 2;

  explicit SeriesForecasts(int lanes)
      : cells_(kCount * kCells), map_(kCount * (kMostHits + 1) * 8, AdaptiveProbability(1u << 21, 0)), places_(static_cast<std::size_t>(lanes)) {}

  void begin_byte(const Lane& lane, const History& history) {
    Place& place = places_[static_cast<std::size_t>(lane.index)];
    if (place.begun) learn(place, lane.last(1));
    place.begun = true;
    const std::size_t length = lane.record_length;
    const std::uint8_t above = history[lane.position - length];
    const std::uint8_t above_two = history[lane.position - 2 * length];
    const std::uint8_t above_left = history[lane.position - length - 1];
    const auto column = static_cast<std::uint32_t>(lane.position % length);
    const auto older = static_cast<std::uint32_t>(lane.recent >> 32);
    const std::uint32_t told[kCount] = {lane.last_bytes(2), lane.last_bytes(3), lane.last_bytes(4), mix_hash(lane.last_bytes(4), older & 0xFFFF), column, column};
    for (std::uint32_t i = 0; i < kCount; ++i) {
      place.cells[i] = i * kCells + (mix_hash(told[i], i) >> (32 - kCellBits));
      const Cell& cell = cells_[place.cells[i]];
      place.bytes[i] = static_cast<std::uint8_t>(2 * cell.last - cell.before);
    }
    place.bytes[4] = static_cast<std::uint8_t>(2 * above - above_two);
    place.bytes[5] = static_cast<std::uint8_t>(above + lane.last(1) - above_left);
  }

  void predict(const Lane& lane, float* inputs) {
    Place& place = places_[static_cast<std::size_t>(lane.index)];
    for (std::size_t i = 0; i < kCount; ++i, inputs += 2) {
      place.expected[i] = expected_bit(place.bytes[i], lane.partial, lane.bit);
      inputs[0] = inputs[1] = 0;
      if (place.expected[i] < 0) continue;
      place.maps[i] = (i * (kMostHits + 1) + cells_[place.cells[i]].hits) * 8 + static_cast<std::size_t>(lane.bit);
      const AdaptiveProbability& right = map_[place.maps[i]];
      const float x = Logistic::tables().stretch12(right.p12());
      const float distance = (static_cast<float>(right.p12()) - 2048.0f) * (1.0f / 1024);
      inputs[0] = place.expected[i] ? x : -x;
      inputs[1] = place.expected[i] ? distance : -distance;
    }
  }

  void update(const Lane& lane, int bit) {
    const Place& place = places_[static_cast<std::size_t>(lane.index)];
    for (std::size_t i = 0; i < kCount; ++i)
      if (place.expected[i] >= 0) map_[place.maps[i]].update(place.expected[i] == bit, kLimit, Reciprocals::tables());
  }

  // How many of the forecasts still hold and were right before, 0 .. kCount.
  int trusted(const Lane& lane) const {
    const Place& place = places_[static_cast<std::size_t>(lane.index)];
    int count = 0;
    for (std::size_t i = 0; i < kCount; ++i) count += place.expected[i] >= 0 && cells_[place.cells[i]].hits > 1;
    return count;
  }

 private:
  static constexpr int kCellBits = 16;
  static constexpr std::uint32_t kCells = 1 << kCellBits;
  static constexpr int kMostHits = 15;
  static constexpr std::uint32_t kLimit = 255;

  struct Cell {
    std::uint8_t last = 0;
    std::uint8_t before = 0;
    std::uint8_t hits = 0;  // forecasts in a row that came true
  };

  struct Place {  // of one lane
    bool begun = false;
    std::array<std::uint32_t, kCount> cells{};
    std::array<std::uint8_t, kCount> bytes{};
    std::array<int, kCount> expected{};
    std::array<std::size_t, kCount> maps{};
  };

  void learn(const Place& place, std::uint8_t byte) {
    for (std::size_t i = 0; i < kCount; ++i) {
      Cell& cell = cells_[place.cells[i]];
      cell.hits = static_cast<std::uint8_t>(place.bytes[i] != byte ? 0 : cell.hits < kMostHits ? cell.hits + 1 : kMostHits);
      cell.before = cell.last;
      cell.last = byte;
    }
  }

  std::vector<Cell> cells_;
  std::vector<AdaptiveProbability> map_;
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
