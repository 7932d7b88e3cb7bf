// Rotary positions in integers: angles are table indices, and a turn is four products of 15 bits each.
// Knows: one head at a time.  Does not know: projections, caches.
#pragma once

#include "model.hpp"
#include "norm.hpp"
#include "quantise.hpp"

namespace bytezip {
namespace {

// cosine and sine of each pair's angle at this position, in units of 2^-14.
inline void rotary_angles(const Model& model, std::uint64_t position, std::int32_t* cosine, std::int32_t* sine) {
  constexpr unsigned kMask = kRotaryPeriod - 1;
  const unsigned turns = static_cast<unsigned>(position & kMask);
  for (int j = 0; j < model.shape.head_size() / 2; ++j) {
    const unsigned angle = (static_cast<unsigned>(model.rotary_steps[j]) * turns) & kMask;
    cosine[j] = model.cosine[angle];
    sine[j] = model.cosine[(angle - kRotaryPeriod / 4) & kMask];
  }
}

// (v + 2^19) >> 20, clamped to 127.
template <class V>
inline typename V::Ints rotary_rounded(typename V::Ints v) {
  const typename V::Ints result = V::template shift_right<20>(V::add(v, V::set(1 << 19)));
  return V::larger(V::smaller(result, V::set(127)), V::set(-127));
}

// Normalises a query or key of `head_size` values and turns it to its position: int8, plus `bias`, at `to`. Writes up
// to one vector beyond the head there; what remains of the last four bytes is zero afterwards.
template <class V>
inline void normalise_and_rotate(const Model& model, const std::int32_t* values, const std::int32_t* cosine,
                                 const std::int32_t* sine, std::int32_t* scratch, int bias, std::int8_t* to) {
  const int size = model.shape.head_size();
  const int half = size / 2;
  const typename V::Floats factor = V::set_float(reciprocal_root<V>(values, size) * model.query_key_norm);
  for (int i = 0; i < size; i += V::width)
    V::store(scratch + i, rounded<V>(V::multiply(V::to_float(V::load(values + i)), factor), 16384.0f));
  const typename V::Ints offset = V::set(bias);
  const auto turn = [&](int j, std::int8_t* result, auto combine) {
    const typename V::Ints left = V::load(scratch + j);
    const typename V::Ints right = V::load(scratch + half + j);
    const typename V::Ints turned = combine(left, right, V::load(cosine + j), V::load(sine + j));
    V::store_bytes(result + j, V::add(rotary_rounded<V>(turned), offset));
  };
  for (int j = 0; j < half; j += V::width)
    turn(j, to, [](auto left, auto right, auto c, auto s) {
      return V::subtract(V::multiply(left, c), V::multiply(right, s));
    });
  for (int j = 0; j < half; j += V::width)
    turn(j, to + half, [](auto left, auto right, auto c, auto s) {
      return V::add(V::multiply(left, s), V::multiply(right, c));
    });
  for (int i = size; i % 4 != 0; ++i) to[i] = 0;
}

}  // namespace
}  // namespace bytezip
