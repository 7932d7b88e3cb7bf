#include "mixer.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <string>

namespace bytezip::experts {
namespace {

// A dot product has kMixerWidth partial sums, in whatever number of vectors the machine has them: the result is the same.
typedef float Whole __attribute__((vector_size(kMixerWidth * sizeof(float)), aligned(4), may_alias));
typedef float Half __attribute__((vector_size(kMixerWidth / 2 * sizeof(float)), aligned(4), may_alias));
typedef float Quarter __attribute__((vector_size(kMixerWidth / 4 * sizeof(float)), aligned(4), may_alias));

#define BYTEZIP_INLINE inline __attribute__((always_inline))

template <class V>
struct Sums {
  static constexpr int kVectors = kMixerWidth / static_cast<int>(sizeof(V) / sizeof(float));
  V of[kVectors];
};

// The partial sums, added in halves: i to i + 8, i to i + 4, then the rest.
template <class V>
BYTEZIP_INLINE float total(const Sums<V>& sums) {
  Quarter quarters[4];
  std::memcpy(quarters, &sums, sizeof quarters);
  const Quarter quarter = (quarters[0] + quarters[2]) + (quarters[1] + quarters[3]);
  return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

// kSets dot products with the same inputs, side by side to hide the latency of the additions.
template <class V, int kSets>
BYTEZIP_INLINE void dot_products(const float* const* weights, const float* inputs, int count, float* results) {
  Sums<V> sums[kSets] = {};
  for (int i = 0; i < count; i += kMixerWidth)
    for (int v = 0; v < Sums<V>::kVectors; ++v) {
      const int at = i + v * (kMixerWidth / Sums<V>::kVectors);
      const V input = *reinterpret_cast<const V*>(inputs + at);
      for (int set = 0; set < kSets; ++set) sums[set].of[v] += *reinterpret_cast<const V*>(weights[set] + at) * input;
    }
  for (int set = 0; set < kSets; ++set) results[set] = total<V>(sums[set]);
}

template <class V>
BYTEZIP_INLINE void all_dot_products(const float* const* weights, int sets, const float* inputs, int count, float* results) {
  int set = 0;
  for (; set + 4 <= sets; set += 4) dot_products<V, 4>(weights + set, inputs, count, results + set);
  for (; set < sets; ++set) dot_products<V, 1>(weights + set, inputs, count, results + set);
}

template <class V>
BYTEZIP_INLINE void add_scaled(float* weights, const float* inputs, int count, float scale) {
  for (int i = 0; i < count; i += static_cast<int>(sizeof(V) / sizeof(float)))
    *reinterpret_cast<V*>(weights + i) += *reinterpret_cast<const V*>(inputs + i) * scale;
}

// Both loops, compiled for one instruction set.
struct Kernels {
  void (*dot)(const float* const* weights, int sets, const float* inputs, int count, float* results);
  void (*add)(float* weights, const float* inputs, int count, float scale);
};

#define BYTEZIP_KERNELS(name, vector, target)                                                                        \
  target void dot_##name(const float* const* weights, int sets, const float* inputs, int count, float* results) {    \
    all_dot_products<vector>(weights, sets, inputs, count, results);                                                 \
  }                                                                                                                  \
  target void add_##name(float* weights, const float* inputs, int count, float scale) {                              \
    add_scaled<vector>(weights, inputs, count, scale);                                                               \
  }                                                                                                                  \
  constexpr Kernels k_##name{dot_##name, add_##name};

BYTEZIP_KERNELS(portable, Quarter, )
#if defined(__x86_64__)
BYTEZIP_KERNELS(avx2, Half, __attribute__((target("avx2"))))
BYTEZIP_KERNELS(avx512f, Whole, __attribute__((target("avx512f"))))
#endif
#undef BYTEZIP_KERNELS
#undef BYTEZIP_INLINE

// The fastest, or what BYTEZIP_SIMD says, as for the network, which refuses names that it does not know.
Kernels choose_kernels() {
#if defined(__x86_64__)
  const char* const variable = std::getenv("BYTEZIP_SIMD");
  const std::string wanted = variable == nullptr ? "" : variable;
  if (wanted == "portable") return k_portable;
  const bool narrow = wanted == "avx2" || wanted == "avxvnni";
  if (!narrow && __builtin_cpu_supports("avx512f")) return k_avx512f;
  if (__builtin_cpu_supports("avx2")) return k_avx2;
#endif
  return k_portable;
}

const Kernels kKernels = choose_kernels();

}  // namespace

MixerLayer::MixerLayer(int inputs, const std::vector<int>& sizes, float first_weight, LearningRate rate)
    : stride_(padded(inputs)), rate_(rate), has_common_(sizes.front() == 1) {
  assert(sizes.size() <= kMaxSets);
  int vectors = 0;
  for (const int size : sizes) {
    first_.push_back(vectors);
    vectors += size;
  }
  weights_.assign(static_cast<std::size_t>(vectors) * stride_, first_weight);
  updates_.assign(vectors, 0);
}

void MixerLayer::expect(int set, int selected, int count) const {
  prefetch(&weights_[vector(set, selected) * stride_], static_cast<std::size_t>(count) * sizeof(float));
}

void MixerLayer::mix(const int* selected, const float* inputs, int count, float* outputs) {
  const float* vectors[kMaxSets];
  for (int set = 0; set < sets(); ++set) {
    const std::size_t index = vector(set, selected[set]);
    float* const weights = &weights_[index * stride_];
    if (has_common_ && updates_[index] == 0) std::copy(weights_.begin(), weights_.begin() + stride_, weights);
    vectors[set] = weights;
  }
  kKernels.dot(vectors, sets(), inputs, count, outputs);
  for (int set = 0; set < sets(); ++set) outputs[set] = clamp_stretch(outputs[set]);
}

float MixerLayer::falling_rate(std::uint32_t updates) const {
  const float falling = rate_.start / (1.0f + rate_.decay * static_cast<float>(updates));
  return falling > rate_.floor ? falling : rate_.floor;
}

void MixerLayer::train(const int* selected, const float* outputs, const float* inputs, int count, int bit, std::int32_t negligible) {
  constexpr float kUnit = 1.0f / kProbabilityOne;
  const Logistic& logistic = Logistic::tables();
  const std::int32_t target = bit ? kProbabilityOne : 0;
  for (int set = 0; set < sets(); ++set) {
    const std::int32_t error = target - logistic.squash(outputs[set]);
    if (std::abs(error) < negligible) continue;
    const std::size_t index = vector(set, selected[set]);
    const float rate = falling_rate(updates_[index]);
    ++updates_[index];
    kKernels.add(&weights_[index * stride_], inputs, count, static_cast<float>(error) * kUnit * rate);
  }
}

void MixerLayer::begin_with(int from, int to, float weight) {
  for (std::size_t at = 0; at < weights_.size(); at += static_cast<std::size_t>(stride_))
    std::fill(weights_.begin() + static_cast<std::ptrdiff_t>(at) + from, weights_.begin() + static_cast<std::ptrdiff_t>(at) + to, weight);
}

void MixerLayer::begin_like(const MixerLayer& other, int inputs) {
  std::vector<float> sums(static_cast<std::size_t>(inputs));
  float total = 0;
  for (std::size_t vector = 0; vector < other.updates_.size(); ++vector) {
    const auto share = static_cast<float>(other.updates_[vector]);
    for (int i = 0; i < inputs; ++i) sums[static_cast<std::size_t>(i)] += share * other.weights_[vector * static_cast<std::size_t>(other.stride_) + static_cast<std::size_t>(i)];
    total += share;
  }
  if (total == 0) return;
  for (int i = 0; i < inputs; ++i) begin_with(i, i + 1, sums[static_cast<std::size_t>(i)] / total);
}

void MixerLayer::show_experience(ExperienceVisitor& visitor, int inputs) {
  for (std::size_t vector = 0; vector < updates_.size(); ++vector)
    visitor.visit_weights(&weights_[vector * static_cast<std::size_t>(stride_)], static_cast<std::size_t>(inputs));
  visitor.visit_updates(updates_.data(), updates_.size());
}

}  // namespace bytezip::experts
