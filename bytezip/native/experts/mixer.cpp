#include "mixer.hpp"

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

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__)
#define BYTEZIP_EACH_VECTOR_WIDTH __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define BYTEZIP_EACH_VECTOR_WIDTH
#endif

BYTEZIP_EACH_VECTOR_WIDTH float dot_product(const float* weights, const float* inputs, int count) {
  Vector sums = {};
  for (int i = 0; i < count; i += kMixerWidth)
    sums += *reinterpret_cast<const Vector*>(weights + i) * *reinterpret_cast<const Vector*>(inputs + i);
  return total(sums);
}

BYTEZIP_EACH_VECTOR_WIDTH void add_scaled(float* weights, const float* inputs, int count, float scale) {
  for (int i = 0; i < count; i += kMixerWidth)
    *reinterpret_cast<Vector*>(weights + i) += *reinterpret_cast<const Vector*>(inputs + i) * scale;
}

}  // namespace

MixerLayer::MixerLayer(int inputs, const std::vector<int>& sizes, float first_weight, LearningRate rate)
    : stride_(padded(inputs)), rate_(rate) {
  int vectors = 0;
  for (const int size : sizes) {
    first_.push_back(vectors);
    vectors += size;
  }
  weights_.assign(static_cast<std::size_t>(vectors) * stride_, first_weight);
  updates_.assign(vectors, 0);
}

float MixerLayer::dot(int set, int selected, const float* inputs, int count) const {
  return clamp_stretch(dot_product(&weights_[vector(set, selected) * stride_], inputs, count));
}

void MixerLayer::train(int set, int selected, const float* inputs, int count, float error) {
  const std::size_t index = vector(set, selected);
  const float falling = rate_.start / (1.0f + rate_.decay * static_cast<float>(updates_[index]));
  const float rate = falling > rate_.floor ? falling : rate_.floor;
  ++updates_[index];
  add_scaled(&weights_[index * stride_], inputs, count, error * rate);
}

void MixerLayer::show_experience(ExperienceVisitor& visitor, int inputs) {
  for (std::size_t vector = 0; vector < updates_.size(); ++vector)
    visitor.visit_weights(&weights_[vector * static_cast<std::size_t>(stride_)], static_cast<std::size_t>(inputs));
  visitor.visit_updates(updates_.data(), updates_.size());
}

}  // namespace bytezip::experts
