// Gated logistic mixing in two layers (M. Mahoney's PAQ): each of several selectors picks one weight vector of its set,
// each vector gives a probability, and a small mixer joins those. Weights learn online by the gradient of coding cost.
// Float32 with a fixed order of additions and no contraction: the same bits on every machine.
// Knows: inputs, selectors.  Does not know: where they come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "experience.hpp"
#include "logistic.hpp"
#include "table.hpp"

namespace bytezip::experts {

constexpr int kMixerWidth = 16;  // partial sums of a dot product, whatever the machine's vectors

struct LearningRate {
  float start;
  float floor;
  float decay;  // the rate is start / (1 + decay * updates of this vector), not below the floor
};

// One layer: `sets` weight sets, of which set i has sizes[i] vectors of `inputs` weights. Where the first set has
// one vector, which then is trained on every bit, the others begin as it is when they are first selected, so that a
// selector with many values costs a short stream nothing.
class MixerLayer {
 public:
  MixerLayer(int inputs, const std::vector<int>& sizes, float first_weight, LearningRate rate);

  // Counts of inputs are multiples of kMixerWidth; the rest of the array is 0.
  static int padded(int inputs) { return (inputs + kMixerWidth - 1) / kMixerWidth * kMixerWidth; }

  int sets() const { return static_cast<int>(first_.size()); }

  // Fetches vector `selected` of the set, of which `count` weights will be asked for.
  void expect(int set, int selected, int count) const;

  // outputs: of each set, the weighted sum of the inputs by its selected vector, limited to the range of squash.
  void mix(const int* selected, const float* inputs, int count, float* outputs);

  // Corrects the selected vectors by the errors of the outputs that mix gave; none is corrected by an error smaller than
  // `negligible`, of 2^24.
  void train(const int* selected, const float* outputs, const float* inputs, int count, int bit, std::int32_t negligible);

  // The weight of these inputs in every vector.
  void begin_with(int from, int to, float weight);
  // What the other layer's vectors hold in the mean, weighted by how often each was trained, for the first `inputs` inputs.
  void begin_like(const MixerLayer& other, int inputs);

  // The weights of the first `inputs` inputs.
  void show_experience(ExperienceVisitor& visitor, int inputs);

  int padded_inputs() const { return stride_; }

 private:
  static constexpr int kMaxSets = 16;

  std::size_t vector(int set, int selected) const { return static_cast<std::size_t>(first_[set] + selected); }
  float falling_rate(std::uint32_t updates) const;

  int stride_;
  std::vector<int> first_;
  Table<float> weights_;
  std::vector<std::uint32_t> updates_;
  LearningRate rate_;
  bool has_common_;
};

}  // namespace bytezip::experts
