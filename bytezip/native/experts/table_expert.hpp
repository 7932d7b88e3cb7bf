// The specialist of records: series that go on, and the engine of hashed contexts over the rows above, with a table of
// its own.
// Knows: hashed contexts, series.  Does not know: the mixer.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "binary_contexts.hpp"
#include "hashed_contexts.hpp"
#include "series_forecasts.hpp"
#include "specialist.hpp"
#include "table_contexts.hpp"

namespace bytezip::experts {

class TableExpert final : public Specialist {
 public:
  TableExpert(int lanes, std::uint32_t lines) : lanes_(lanes), lines_(lines) {}

  bool wanted(const Lane& lane) const override { return lane.modality == Modality::kTable; }
  int inputs() const override { return SeriesForecasts::kInputs + (TableContexts::kCount + BinaryContexts::kCount) * HashedContexts::kInputs; }
  std::array<int, kSpecialistSets> set_sizes() const override { return {256 * 8, 256 * 4, (SeriesForecasts::kCount + 1) * 8, 256 * 4}; }

  void begin_byte(Lane& lane, const History& history) override {
    if (contexts_ == nullptr) {  // memory is for those who have records
      std::vector<std::unique_ptr<ContextSource>> sources;
      sources.push_back(std::make_unique<TableContexts>(lanes_));
      sources.push_back(std::make_unique<BinaryContexts>(lanes_));
      contexts_ = std::make_unique<HashedContexts>(std::move(sources), lanes_, lines_);
      series_ = std::make_unique<SeriesForecasts>(lanes_);
      above_.resize(static_cast<std::size_t>(lanes_));
    }
    above_[static_cast<std::size_t>(lane.index)] = {history[lane.position - lane.record_length], history[lane.position - 2 * std::size_t{lane.record_length}]};
    series_->begin_byte(lane, history);
    contexts_->begin_byte(lane, history);
  }

  void predict(Lane& lane, float* inputs) override {
    series_->predict(lane, inputs);
    contexts_->predict(lane, inputs + SeriesForecasts::kInputs);
  }

  void update(Lane& lane, int bit) override {
    series_->update(lane, bit);
    contexts_->update(lane, bit);
  }

  void select(const Lane& lane, int* selected) const override {
    const auto column = static_cast<int>(lane.position % lane.record_length & 255);
    const Above& above = above_[static_cast<std::size_t>(lane.index)];
    const int expected = expected_bit(above.one, lane.partial, lane.bit);  // the byte above goes on like this, or differs
    const int steady = above.one == above.two;
    const int agreement = (expected + 1) + (expected >= 0 && steady);      // 0 .. 3
    selected[0] = column * 8 + lane.bit;
    selected[1] = column * 4 + agreement;
    selected[2] = series_->trusted(lane) * 8 + lane.bit;
    selected[3] = static_cast<int>(lane.partial) * 4 + agreement;
  }

 private:
  struct Above {
    std::uint8_t one = 0;
    std::uint8_t two = 0;
  };

  int lanes_;
  std::uint32_t lines_;
  std::vector<Above> above_;  // each lane
  std::unique_ptr<SeriesForecasts> series_;
  std::unique_ptr<HashedContexts> contexts_;
};

}  // namespace bytezip::experts
