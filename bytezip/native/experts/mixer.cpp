#include "mixer.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace bytezip::experts {
namespace {

// The loops below are unrolled by hand into kMixerWidth independent sums: any vector width gives the same result.
typedef float Vector __attribute__((vector_size(kMixerWidth * sizeof(float)), aligned(4), may_alias));

typedef float Half __attribute__((vector_size(kMixerWidth / 2 * sizeof(float)), aligned(4), may_alias));
typedef float Quarter __attribute__((vector_size(kMixerWidth / 4 * sizeof(float)), aligned(4), may_alias));

// The partial sums, added in halves: i to i + 8, i to i + 4, then the rest.
inline __attribute__((always_inline)) float total(const Vector& sums) {
  const Half* const halves = reinterpret_cast<const Half*>(&sums);
  const Half half = halves[0] + halves[1];
  const Quarter* const quarters = reinterpret_cast<const Quarter*>(&half);
  const Quarter quarter = quarters[0] + quarters[1];
  return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

inline __attribute__((always_inline)) float dot_product(const float* weights, const float* inputs, int count) {
  Vector sums = {};
  for (int i = 0; i < count; i += kMixerWidth)
    sums += *reinterpret_cast<const Vector*>(weights + i) * *reinterpret_cast<const Vector*>(inputs + i);
  return total(sums);
}

inline __attribute__((always_inline)) void add_scaled(float* weights, const float* inputs, int count, float scale) {
  for (int i = 0; i < count; i += kMixerWidth)
    *reinterpret_cast<Vector*>(weights + i) += *reinterpret_cast<const Vector*>(inputs + i) * scale;
}

// Both loops, compiled for one instruction set.
struct Kernels {
  float (*dot)(const float* weights, const float* inputs, int count);
  void (*add)(float* weights, const float* inputs, int count, float scale);
};

#define BYTEZIP_KERNELS(name, target)                                                                              \
  target float dot_##name(const float* weights, const float* inputs, int count) {                                  \
    return dot_product(weights, inputs, count);                                                                    \
  }                                                                                                                \
  target void add_##name(float* weights, const float* inputs, int count, float scale) {                            \
    add_scaled(weights, inputs, count, scale);                                                                     \
  }                                                                                                                \
  constexpr Kernels k_##name{dot_##name, add_##name};

BYTEZIP_KERNELS(portable, )
#if defined(__x86_64__)
BYTEZIP_KERNELS(avx2, __attribute__((target("avx2"))))
BYTEZIP_KERNELS(avx512f, __attribute__((target("avx512f"))))
#endif
#undef BYTEZIP_KERNELS

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
  int vectors = 0;
  for (const int size : sizes) {
    first_.push_back(vectors);
    vectors += size;
  }
  weights_.assign(static_cast<std::size_t>(vectors) * stride_, first_weight);
  updates_.assign(vectors, 0);
}

float MixerLayer::dot(int set, int selected, const float* inputs, int count) {
  const std::size_t index = vector(set, selected);
  float* const weights = &weights_[index * stride_];
  if (has_common_ && updates_[index] == 0) std::copy(weights_.begin(), weights_.begin() + stride_, weights);
  return clamp_stretch(kKernels.dot(weights, inputs, count));
}

void MixerLayer::train(int set, int selected, const float* inputs, int count, float error) {
  const std::size_t index = vector(set, selected);
  const float falling = rate_.start / (1.0f + rate_.decay * static_cast<float>(updates_[index]));
  const float rate = falling > rate_.floor ? falling : rate_.floor;
  ++updates_[index];
  kKernels.add(&weights_[index * stride_], inputs, count, error * rate);
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
