// The lanes of a network and the mixer over them: what predicts a stream, without a way through Python for each bit.
// Knows: network lanes, the bit mixer.  Does not know: Python, what either does inside.
#pragma once

#include <memory>

#include "bit_mixer.hpp"
#include "lanes.hpp"
#include "range_decoder.hpp"

namespace bytezip {

class MixedLanes {
 public:
  MixedLanes(std::shared_ptr<const Network> network, int lanes, int threads, std::size_t capacity, int profile,
             std::shared_ptr<const experts::PhraseTable> phrases);

  void take(const experts::Experience& experience) { mixer_.take(experience); }

  std::size_t lanes() const { return mixer_.lanes(); }

  // asks_network: whether it has a say in this block at all.
  void begin_block(std::size_t size, std::size_t stripe, bool asks_network) {
    mixer_.begin_block(size, stripe);
    block_asks_network_ = asks_network;
  }
  // Where all lanes copy long matches, the network rests for the row: its say would not be heard.
  void begin_row() { asks_network_ = block_asks_network_ && !mixer_.copying(); }

  void require_bits(std::size_t count) const { mixer_.require_bits(count); }

  void predict(double* result);
  void update(const std::int32_t* bits);
  // The bytes of a row, [steps][lanes], from code. At a step only the first present[step] lanes have a byte, and the
  // others are given a 0. False for code that no encoder writes.
  bool decode(RangeDecoder& decoder, const std::int64_t* present, std::size_t steps, std::uint8_t* row);
  // data: [steps][lanes] of one row; result: [steps][8][lanes]. The network runs ahead of the mixer in other threads.
  void replay(const std::uint8_t* data, std::size_t steps, double* result);

 private:
  NetworkLanes network_;
  BitMixer mixer_;
  bool block_asks_network_ = true;
  bool asks_network_ = true;  // in this row
  std::uint32_t likeliest_[BitMixer::kMaxLanes] = {};
};

}  // namespace bytezip
