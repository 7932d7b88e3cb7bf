#include "bit_mixer.hpp"

#include <stdexcept>

namespace bytezip {
namespace {

constexpr double kOne = 1 << 24;

experts::Settings settings_of(int lanes, std::size_t capacity, int profile, std::shared_ptr<const experts::PhraseTable> phrases) {
  if (lanes < 1 || lanes > BitMixer::kMaxLanes) throw std::invalid_argument("lanes must be 1 to 32");
  if (capacity > BitMixer::kMaxBlock) throw std::invalid_argument("capacity must be 2^24 at most");
  if (profile < 0 || profile > 2) throw std::invalid_argument("profile must be 0, 1 or 2");
  experts::Settings settings;
  settings.max_lanes = lanes;
  settings.capacity = capacity;
  settings.profile = static_cast<experts::Profile>(profile);
  settings.phrases = std::move(phrases);
  return settings;
}

}  // namespace

std::uint32_t fixed_point(double probability) {
  if (!(probability > 0 && probability < 1)) throw std::invalid_argument("probabilities must lie between 0 and 1");
  return static_cast<std::uint32_t>(probability * kOne);
}

BitMixer::BitMixer(int lanes, std::size_t capacity, int profile, std::shared_ptr<const experts::PhraseTable> phrases)
    : lanes_(lanes), mixer_(std::make_unique<experts::ContextMixer>(settings_of(lanes, capacity, profile, std::move(phrases)))) {}

void BitMixer::begin_block(std::size_t size, std::size_t stripe) {
  if (bits_left_ != 0) throw std::invalid_argument("the last block has not ended");
  if (size < 1 || size > kMaxBlock || stripe < 1 || stripe > kMaxBlock) throw std::invalid_argument("no such block");
  mixer_->begin_block(size, lanes_, stripe);
  const std::size_t row = stripe * lanes();
  bits_left_ = 8 * (size / row * stripe + (size % row + lanes() - 1) / lanes());
}

void BitMixer::require_bits(std::size_t count) const {
  if (count > bits_left_) throw std::invalid_argument("the block has ended");
}

void BitMixer::predict(const double* network, const std::uint32_t* likeliest, double* result) {
  std::uint32_t given[kMaxLanes];
  std::uint32_t found[kMaxLanes];
  if (network != nullptr)
    for (int lane = 0; lane < lanes_; ++lane) given[lane] = fixed_point(network[lane]);
  mixer_->predict(network != nullptr ? given : nullptr, likeliest, found);
  for (int lane = 0; lane < lanes_; ++lane) result[lane] = found[lane] / kOne;
}

void BitMixer::update(const std::int32_t* bits) {
  mixer_->update(bits);
  --bits_left_;
}

void BitMixer::replay(const double* network, const std::uint32_t* likeliest, const std::uint8_t* data, std::size_t steps, double* result) {
  std::int32_t bits[kMaxLanes];
  for (std::size_t step = 0; step < steps; ++step)
    for (int bit = 7; bit >= 0; --bit) {
      const std::size_t at = (step * 8 + static_cast<std::size_t>(7 - bit)) * lanes();
      predict(network != nullptr ? network + at : nullptr, likeliest != nullptr ? likeliest + step * lanes() : nullptr, result + at);
      for (std::size_t lane = 0; lane < lanes(); ++lane) bits[lane] = data[step * lanes() + lane] >> bit & 1;
      update(bits);
    }
}

}  // namespace bytezip
