// The shape of a network and the bounds that keep its integers exact.
// Knows: numbers.  Does not know: weights, vectors, threads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bytezip {

// Sums of 1040 products of magnitude 127 * 127 stay below 2^24: exact in float32 as in int32.
constexpr int kMaxSize = 1040;
constexpr int kMaxHeadSize = 64;
constexpr int kMaxWindow = 1024;  // 16383 * 127 * 1024 < 2^31: sums of values, weighted by numerators
constexpr int kMaxLayers = 256;

constexpr int kVocabulary = 256;
constexpr int kStartToken = 256;
constexpr int kRotaryPeriod = 1 << 14;
constexpr int kSoftmaxEntries = 256;  // of one octave
constexpr int kSoftmaxOctaves = 15;   // farther away a numerator is 0
constexpr int kSoftmaxOne = (1 << 14) - 1;
constexpr int kLogitLimit = 4096;
constexpr int kPowerEntries = 1024;
constexpr int kResidualLimit = (1 << 23) - 1;

struct Shape {
  int hidden_size;
  int num_layers;
  int num_query_heads;
  int num_key_value_heads;
  int attention_window;
  int mlp_size;

  int head_size() const { return hidden_size / num_query_heads; }
  int key_value_size() const { return num_key_value_heads * head_size(); }
};

constexpr int round_up(int value, int step) { return (value + step - 1) / step * step; }

}  // namespace bytezip
