// One batch of columns through the whole network.
// Knows: the order of the layers.  Does not know: threads, Python, files.
#pragma once

#include "attention.hpp"
#include "distribution.hpp"

namespace bytezip {
namespace {

// Rounded to -127..127, as biased activations. The gains beyond `size` are zero.
template <class V>
inline void normalise(const std::int32_t* residual, int size, const float* gain, std::int8_t* activation) {
  const typename V::Floats root = V::set_float(reciprocal_root<V>(residual, size));
  for (int i = 0; i < size; i += V::width) {
    const typename V::Floats factor = V::multiply(root, V::load_floats(gain + i));
    const typename V::Ints value = rounded<V>(V::multiply(V::to_float(V::load(residual + i)), factor), 127.0f);
    V::store_bytes(activation + i, V::add(value, V::set(V::bias)));
  }
}

template <class V>
inline void normalise_columns(const Model& model, const float* gain, int count, Scratch& scratch) {
  for (int c = 0; c < count; ++c)
    normalise<V>(scratch.residual[c], model.shape.hidden_size, gain, scratch.activation[c]);
}

inline void embed(const Model& model, const Column* columns, int count, Scratch& scratch) {
  const int size = model.shape.hidden_size;
  for (int c = 0; c < count; ++c) {
    const std::int16_t* row = model.embedding + static_cast<std::ptrdiff_t>(columns[c].token) * size;
    for (int i = 0; i < size; ++i) scratch.residual[c][i] = row[i];
    rotary_angles(model, columns[c].position, scratch.cosine[c], scratch.sine[c]);
  }
}

template <class V>
inline void advance_layer(const Model& model, int index, const Column* columns, int count, Scratch& scratch) {
  const Layer& layer = model.layers[index];
  normalise_columns<V>(model, layer.attention_norm, count, scratch);
  quantise_projection<V>(layer.projection, scratch.activation, count, 32767.0f, scratch.projection);
  for (int c = 0; c < count; ++c)
    attend<V>(model, index, columns[c], scratch.projection[c], scratch.cosine[c], scratch.sine[c], scratch,
              scratch.activation[c]);
  add_projection<V>(layer.output, scratch.activation, count, scratch.residual);
  normalise_columns<V>(model, layer.mlp_norm, count, scratch);
  square_projection<V>(layer.up, scratch.activation, count, scratch.mlp);
  add_projection<V, V::square_bias>(layer.down, scratch.mlp, count, scratch.residual);
}

template <class V>
void advance(const Model& model, Scratch& scratch, const Column* columns, int count) {
  embed(model, columns, count, scratch);
  for (int layer = 0; layer < model.shape.num_layers; ++layer) {
    if (scratch.abandoned != nullptr && scratch.abandoned->load(std::memory_order_relaxed)) return;
    advance_layer<V>(model, layer, columns, count, scratch);
  }
  normalise_columns<V>(model, model.head_norm, count, scratch);
  quantise_projection<V>(model.head, scratch.activation, count, static_cast<float>(kLogitLimit), scratch.projection);
  for (int c = 0; c < count; ++c) distribution(model, scratch.projection[c], columns[c].cumulative);
}

}  // namespace
}  // namespace bytezip
