// The lowest orders, 0 to 2, as plain probabilities in tables of their own, at two rates: one settles on the mean, the
// other follows changes. Bit histories are bounded, and these contexts are seen far more often than they can tell.
// Knows: lanes.  Does not know: the mixer.
#pragma once

#include <array>
#include <vector>

#include "adaptive_probability.hpp"
#include "expert.hpp"
#include "logistic.hpp"
#include "table.hpp"

namespace bytezip::experts {

class DirectExpert final : public Expert {
 public:
  static constexpr int kOrders = 3;

  // pair_bits: log2 of the pairs of bytes that the table of order 2 has room for.
  DirectExpert(int lanes, int pair_bits)
      : pair_shift_(32 - pair_bits), slow_(kFirstPair + (std::size_t{256} << pair_bits)), fast_(slow_.size(), 1 << 15), places_(lanes) {}

  int inputs() const override { return kOrders * 2; }

  void begin_byte(Lane& lane, const History&) override {
    auto& bases = places_[lane.index].bases;
    bases[0] = 0;
    bases[1] = 256 + lane.last(1) * 256u;
    bases[2] = kFirstPair + ((lane.last_bytes(2) * 0x9E3779B1u) >> pair_shift_) * 256u;
    expect_bit(bases[2] + 1);
  }

  void predict(Lane& lane, float* inputs) override {
    const Logistic& logistic = Logistic::tables();
    for (const std::uint32_t base : places_[lane.index].bases) {
      *inputs++ = logistic.stretch12(slow_[base + lane.partial].p12());
      *inputs++ = logistic.stretch12(fast_[base + lane.partial] >> 4);
    }
  }

  void update(Lane& lane, int bit) override {
    for (const std::uint32_t base : places_[lane.index].bases) {
      slow_[base + lane.partial].update(bit, kSlowLimit, Reciprocals::tables());
      std::uint16_t& fast = fast_[base + lane.partial];
      fast = static_cast<std::uint16_t>(bit ? fast + ((65535 - fast) >> kFastShift) : fast - (fast >> kFastShift));
    }
    if (lane.bit < 7) expect_bit(places_[lane.index].bases[2] + lane.partial * 2 + static_cast<std::uint32_t>(bit));
  }

 private:
  static constexpr std::uint32_t kFirstPair = 256 + 65536;
  static constexpr std::uint32_t kSlowLimit = 1023;
  static constexpr int kFastShift = 4;

  struct Place {
    std::array<std::uint32_t, kOrders> bases{};
  };

  void expect_bit(std::uint32_t index) const {
    prefetch(&slow_[index]);
    prefetch(&fast_[index]);
  }

  int pair_shift_;
  Table<AdaptiveProbability> slow_;
  Table<std::uint16_t> fast_;
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
