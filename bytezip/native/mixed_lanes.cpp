#include "mixed_lanes.hpp"

#include <algorithm>
#include <vector>

namespace bytezip {

MixedLanes::MixedLanes(std::shared_ptr<const Network> network, int lanes, int threads, std::size_t capacity, int profile,
                       std::shared_ptr<const experts::PhraseTable> phrases)
    : network_(std::move(network), lanes, threads), mixer_(lanes, capacity, profile, std::move(phrases)) {}

void MixedLanes::predict(double* result) {
  double given[BitMixer::kMaxLanes];
  const bool wants_likeliest = asks_network_ && mixer_.wants_likeliest();
  const bool begins_byte = network_.at_byte();
  if (asks_network_) network_.predict(given);
  if (wants_likeliest && begins_byte) network_.write_likeliest(likeliest_);
  mixer_.predict(asks_network_ ? given : nullptr, wants_likeliest ? likeliest_ : nullptr, result);
}

void MixedLanes::update(const std::int32_t* bits) {
  network_.update(bits);
  mixer_.update(bits);
}

bool MixedLanes::decode(RangeDecoder& decoder, const std::int64_t* present, std::size_t steps, std::uint8_t* row) {
  double probability[BitMixer::kMaxLanes];
  std::int32_t bits[BitMixer::kMaxLanes] = {};
  for (std::size_t step = 0; step < steps; ++step, row += lanes()) {
    const auto count = static_cast<std::size_t>(present[step]);
    std::fill(row, row + lanes(), std::uint8_t{0});
    std::fill(bits, bits + lanes(), 0);
    for (int known = 0; known < 8; ++known) {
      predict(probability);
      for (std::size_t lane = 0; lane < count; ++lane) {
        bits[lane] = decoder.decode(fixed_point(probability[lane]));
        if (bits[lane] < 0) return false;
        row[lane] = static_cast<std::uint8_t>(row[lane] << 1 | bits[lane]);
      }
      update(bits);
    }
  }
  return true;
}

void MixedLanes::replay(const std::uint8_t* data, std::size_t steps, double* result) {
  if (steps == 0) return;
  if (!asks_network_) {
    network_.skip(data + (steps - 1) * lanes());
    return mixer_.replay(nullptr, nullptr, data, steps, result);
  }
  std::vector<double> given(steps * 8 * lanes());
  std::vector<std::uint32_t> likeliest(mixer_.wants_likeliest() ? steps * lanes() : 0);
  std::uint32_t* const named = likeliest.empty() ? nullptr : likeliest.data();
  network_.replay(data, steps, {given.data(), named}, [&](std::size_t from, std::size_t to) {
    const std::size_t at = from * 8 * lanes();
    mixer_.replay(given.data() + at, named == nullptr ? nullptr : named + from * lanes(), data + from * lanes(), to - from, result + at);
  });
}

}  // namespace bytezip
