// Runs: the byte that last followed a context, and how many times in a row. It tells a context that was always followed
// by one byte from one that merely leans to it.
// Knows: lanes.  Does not know: the mixer.
#pragma once

#include <array>
#include <vector>

#include "adaptive_probability.hpp"
#include "context_source.hpp"
#include "expert.hpp"
#include "logistic.hpp"
#include "table.hpp"

namespace bytezip::experts {

class RunExpert final : public Expert {
 public:
  static constexpr int kContexts = 5;

  RunExpert(int lanes, int table_bits) : shift_(32 - table_bits), table_(std::size_t{1} << table_bits), map_(kContexts * 64 * 2 * 8, AdaptiveProbability(3u << 20, 0)), places_(lanes) {}

  int inputs() const override { return kContexts; }

  void expect(const Lane& lane, const History&) override {
    for (const std::uint32_t hash : contexts(lane)) prefetch(&table_[hash >> shift_]);
  }

  void begin_byte(Lane& lane, const History&) override {
    Place& place = places_[lane.index];
    const auto hashes = contexts(lane);
    for (int i = 0; i < kContexts; ++i) place.cells[i] = find(hashes[i]);
  }

  void predict(Lane& lane, float* inputs) override {
    Place& place = places_[lane.index];
    for (int i = 0; i < kContexts; ++i) {
      const Cell& cell = *place.cells[i];
      const int expected = cell.length == 0 ? -1 : expected_bit(cell.byte, lane.partial, lane.bit);
      place.expected[i] = static_cast<std::int8_t>(expected);
      if (expected < 0) {
        inputs[i] = 0;
        continue;
      }
      place.maps[i] = static_cast<std::uint32_t>(((i * 2 + cell.pure) * 64 + cell.length) * 8 + lane.bit);
      const float x = Logistic::tables().stretch12(map_[place.maps[i]].p12());
      inputs[i] = expected ? x : -x;
    }
  }

  void update(Lane& lane, int bit) override {
    const Place& place = places_[lane.index];
    for (int i = 0; i < kContexts; ++i)
      if (place.expected[i] >= 0) map_[place.maps[i]].update(place.expected[i] == bit, kMapLimit, Reciprocals::tables());
    if (lane.bit < 7) return;
    for (Cell* const cell : place.cells) remember(*cell, static_cast<std::uint8_t>(lane.partial * 2 + static_cast<std::uint32_t>(bit)));
  }

  void show_experience(ExperienceVisitor& visitor) override { visitor.visit_probabilities(map_.data(), map_.size()); }

 private:
  static constexpr std::uint32_t kMapLimit = 1023;

  struct Cell {
    std::uint8_t check = 0;
    std::uint8_t byte = 0;
    std::uint8_t length = 0;  // 0 = nothing seen, up to 63
    std::uint8_t pure = 1;    // no other byte was seen
  };

  struct Place {
    std::array<Cell*, kContexts> cells{};
    std::array<std::uint32_t, kContexts> maps{};
    std::array<std::int8_t, kContexts> expected{};
  };

  static std::array<std::uint32_t, kContexts> contexts(const Lane& lane) {
    return {
        mix_hash(lane.last_bytes(2), 1),
        mix_hash(lane.last_bytes(3), 2),
        mix_hash(lane.last_bytes(4), 3),
        mix_hash(lane.last_bytes(4), lane.last(5) << 8 | lane.last(6), 4),
        mix_hash(lane.text.word, lane.text.words[0], lane.text.gap + 5),
    };
  }

  Cell* find(std::uint32_t hash) {
    Cell* const cell = &table_[hash >> shift_];
    const auto check = static_cast<std::uint8_t>(hash);
    if (cell->check != check) *cell = Cell{check, 0, 0, 1};
    return cell;
  }

  static void remember(Cell& cell, std::uint8_t byte) {
    if (cell.length != 0 && cell.byte == byte) {
      if (cell.length < 63) ++cell.length;
      return;
    }
    cell.pure = cell.length == 0;
    cell.byte = byte;
    cell.length = 1;
  }

  int shift_;
  Table<Cell> table_;
  std::vector<AdaptiveProbability> map_;
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
