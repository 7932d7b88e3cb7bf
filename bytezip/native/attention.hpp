// Attention of one column over the ring of its last positions, all in int8 products.
// Knows: one layer's projections and cache.  Does not know: weights, other lanes.
#pragma once

#include <cstring>

#include "rotary.hpp"

namespace bytezip {
namespace {

// The cache of one key/value head, and how much of it is in use.
struct Ring {
  std::int8_t* keys;
  std::int8_t* values;
  int slot;   // of this column's position
  int count;  // slots in use, from the first
};

template <class V>
inline void store_key(const Ring& ring, int head_size, const std::int8_t* key) {
  const int steps = round_up(head_size, 4) / 4;
  std::int8_t* row = ring.keys + ((ring.slot / V::width) * steps * V::width + ring.slot % V::width) * 4;
  for (int step = 0; step < steps; ++step) std::memcpy(row + step * (4 * V::width), key + step * 4, 4);
}

template <class V>
inline void store_value(const Ring& ring, const Shape& shape, const std::int32_t* value) {
  const int block_bytes = round_up(shape.attention_window, 4) * V::width;
  std::int8_t* column = ring.values + (ring.slot / 4) * (4 * V::width) + ring.slot % 4;
  for (int i = 0; i < shape.head_size(); ++i) {
    const std::int32_t clamped = value[i] > 127 ? 127 : value[i] < -127 ? -127 : value[i];
    column[(i / V::width) * block_bytes + (i % V::width) * 4] = static_cast<std::int8_t>(clamped);
  }
}

// The largest of the first `count` scores.
template <class V>
inline std::int32_t largest_score(const std::int32_t* scores, int count) {
  typename V::Ints largest = V::set(scores[0]);
  int j = 0;
  for (; j + V::width <= count; j += V::width) largest = V::larger(largest, V::load(scores + j));
  std::int32_t result = V::largest(largest);
  for (; j < count; ++j) result = scores[j] > result ? scores[j] : result;
  return result;
}

// Softmax numerators of the scores, 0..kSoftmaxOne in two digits of seven bits, zero beyond `count`; returns their sum.
template <class V>
inline std::int32_t softmax_numerators(const Model& model, float sharpness, const std::int32_t* scores, int count,
                                       std::int8_t* high, std::int8_t* low) {
  constexpr float kFarthest = kSoftmaxOctaves * kSoftmaxEntries - 1;
  const typename V::Ints largest = V::set(largest_score<V>(scores, count));
  const typename V::Floats factor = V::set_float(sharpness);
  typename V::Ints sum = V::set(0);
  for (int j = 0; j < count; j += V::width) {
    const typename V::Ints below = V::subtract(largest, V::load(scores + j));
    const typename V::Ints distance = rounded<V>(V::multiply(V::to_float(below), factor), kFarthest);
    const int used = count - j < V::width ? count - j : V::width;
    // Beyond `count` the scores are leftovers: first() keeps their indices within the table, then drops their weights.
    const typename V::Ints known = V::first(distance, used);
    const typename V::Ints mantissa = V::lookup(model.softmax, V::both(known, V::set(kSoftmaxEntries - 1)));
    const typename V::Ints octave = V::template shift_right<8>(known);
    const typename V::Ints weight = V::first(V::shift_right_each(mantissa, octave), used);
    sum = V::add(sum, weight);
    V::store_bytes(high + j, V::template shift_right<7>(weight));
    V::store_bytes(low + j, V::both(weight, V::set(127)));
  }
  return V::total(sum);
}

// Attends with up to kHeadTile query heads of one key/value head; `mixed` gets head_size biased bytes of each.
template <class V>
inline void attend_heads(const Model& model, const Layer& layer, const Ring& ring, int heads, const std::int8_t* queries,
                         Scratch& scratch, std::int8_t* mixed) {
  const Shape& shape = model.shape;
  const int size = shape.head_size();
  const int key_steps = round_up(size, 4) / 4;
  const Rows keys{ring.keys, round_up(ring.count, V::width) / V::width, key_steps,
                  static_cast<std::size_t>(key_steps) * (4 * V::width)};
  // The bias of the keys adds the same to all scores of a head, and only differences of scores count.
  multiply<V, Operands::biased_rows, kHeadStride>(keys, queries, heads, [&](int head, int slot, typename V::Ints scores) {
    V::store(scratch.scores[head] + slot, scores);
  });
  float reciprocal[kHeadTile];  // of the sum of the numerators
  for (int head = 0; head < heads; ++head) {
    const std::int32_t sum = softmax_numerators<V>(model, layer.sharpness, scratch.scores[head], ring.count,
                                                   scratch.attention[2 * head], scratch.attention[2 * head + 1]);
    reciprocal[head] = static_cast<float>((std::int64_t{1} << 44) / sum) * (1.0f / (std::int64_t{1} << 44));
  }
  const Rows values{ring.values, round_up(size, V::width) / V::width, (ring.count + 3) / 4,
                    static_cast<std::size_t>(round_up(shape.attention_window, 4)) * V::width};
  multiply<V, Operands::positive_columns, kByteStride>(
      values, scratch.attention[0], 2 * heads,
      [&](int digit, int i, typename V::Ints sum) { V::store(scratch.mixture[digit] + i, sum); });
  for (int head = 0; head < heads; ++head) {
    const typename V::Floats share = V::set_float(reciprocal[head]);
    for (int i = 0; i < size; i += V::width) {
      const typename V::Ints high = V::multiply(V::load(scratch.mixture[2 * head] + i), V::set(128));
      const typename V::Ints sum = V::add(high, V::load(scratch.mixture[2 * head + 1] + i));
      const typename V::Ints mean = rounded<V>(V::multiply(V::to_float(sum), share), 127.0f);
      V::store_bytes(scratch.mixed[head] + i, V::add(mean, V::set(V::bias)));
    }
    std::memcpy(mixed + head * size, scratch.mixed[head], static_cast<std::size_t>(size));
  }
}

// Stores key and value of the column, then attends with all its heads: hidden_size biased bytes to `mixed`.
template <class V>
inline void attend(const Model& model, int layer_index, const Column& column, const std::int32_t* projection,
                   const std::int32_t* cosine, const std::int32_t* sine, Scratch& scratch, std::int8_t* mixed) {
  const Shape& shape = model.shape;
  const int size = shape.head_size();
  const int group = shape.num_query_heads / shape.num_key_value_heads;
  const auto window = static_cast<std::uint64_t>(shape.attention_window);
  const CacheLayout layout(shape, V::width);
  std::int8_t* cache = column.cache + static_cast<std::size_t>(layer_index) *
                                          static_cast<std::size_t>(shape.num_key_value_heads) * layout.head_bytes();
  const std::int32_t* keys = projection + shape.hidden_size;
  const std::int32_t* values = keys + shape.key_value_size();
  for (int head = 0; head < shape.num_query_heads; ++head)
    normalise_and_rotate<V>(model, projection + head * size, cosine, sine, scratch.head, 0,
                            scratch.query + head * kHeadStride);
  for (int pair = 0; pair < shape.num_key_value_heads; ++pair) {
    std::int8_t* head_cache = cache + static_cast<std::size_t>(pair) * layout.head_bytes();
    const Ring ring{head_cache, head_cache + layout.key_bytes, static_cast<int>(column.position % window),
                    static_cast<int>(column.position < window ? column.position + 1 : window)};
    normalise_and_rotate<V>(model, keys + pair * size, cosine, sine, scratch.head, V::bias, scratch.key);
    store_key<V>(ring, size, scratch.key);
    store_value<V>(ring, shape, values + pair * size);
    for (int head = pair * group; head < (pair + 1) * group; head += kHeadTile) {
      const int heads = (pair + 1) * group - head < kHeadTile ? (pair + 1) * group - head : kHeadTile;
      attend_heads<V>(model, model.layers[layer_index], ring, heads, scratch.query + head * kHeadStride, scratch,
                      mixed + head * size);
    }
  }
}

}  // namespace
}  // namespace bytezip
