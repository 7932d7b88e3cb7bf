// The context mixer in the terms of the coder: probabilities as doubles, and a count of the bits that a block still has.
// Knows: the context mixer.  Does not know: Python, the network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "experts/context_mixer.hpp"

namespace bytezip {

// In units of 2^-24. Throws std::invalid_argument outside (0, 1).
std::uint32_t fixed_point(double probability);

class BitMixer {
 public:
  static constexpr int kMaxLanes = 32;
  static constexpr std::size_t kMaxBlock = std::size_t{1} << 24;

  // phrases: of the model, or null. Throws std::invalid_argument for lanes outside 1..32, a capacity above 2^24, a profile
  // outside 0..2.
  BitMixer(int lanes, std::size_t capacity, int profile, std::shared_ptr<const experts::PhraseTable> phrases);

  experts::Experience experience() const { return mixer_->experience(); }
  // Before the first block. Throws std::invalid_argument where it is of another profile.
  void take(const experts::Experience& experience) { mixer_->take(experience); }

  std::size_t lanes() const { return static_cast<std::size_t>(lanes_); }

  // Throws std::invalid_argument where the last block has not ended, or for sizes of 0 or above 2^24.
  void begin_block(std::size_t size, std::size_t stripe);

  bool copying() const { return mixer_->copying(); }

  // Past the end of a block the mixer has no positions to stand at: throws std::invalid_argument.
  void require_bits(std::size_t count) const;

  // Whether the likeliest bytes make a difference where the network is asked.
  bool wants_likeliest() const { return mixer_->wants_likeliest(); }

  // network: [lanes] of (0, 1), or null; likeliest: [lanes], see likeliest_bytes, or null, and read with the first bit of
  // a byte only; result: [lanes], multiples of 2^-24.
  void predict(const double* network, const std::uint32_t* likeliest, double* result);
  // bits: [lanes], each 0 or 1.
  void update(const std::int32_t* bits);
  // data, and likeliest, or null: [steps][lanes]; network, or null, and result: [steps][8][lanes].
  void replay(const double* network, const std::uint32_t* likeliest, const std::uint8_t* data, std::size_t steps, double* result);

 private:
  int lanes_;
  std::size_t bits_left_ = 0;  // of the current block
  std::unique_ptr<experts::ContextMixer> mixer_;
};

}  // namespace bytezip
