#include "network.hpp"

#include <cmath>
#include <stdexcept>

#include "packer.hpp"

namespace bytezip {
namespace {

void require(bool sound, const char* rule) {
  if (!sound) throw std::invalid_argument(rule);
}

void check_shape(const Shape& shape) {
  require(shape.hidden_size >= 1 && shape.hidden_size <= kMaxSize, "hidden_size must be from 1 to 1040");
  require(shape.mlp_size >= 1 && shape.mlp_size <= kMaxSize, "mlp_size must be from 1 to 1040");
  require(shape.attention_window >= 1 && shape.attention_window <= kMaxWindow, "attention_window must be from 1 to 1024");
  require(shape.num_layers >= 1 && shape.num_layers <= kMaxLayers, "num_layers must be from 1 to 256");
  require(shape.num_query_heads >= 1 && shape.hidden_size % shape.num_query_heads == 0,
          "hidden_size must be a multiple of num_query_heads");
  require(shape.num_key_value_heads >= 1 && shape.num_query_heads % shape.num_key_value_heads == 0,
          "num_query_heads must be a multiple of num_key_value_heads");
  require(shape.head_size() <= kMaxHeadSize && shape.head_size() % 2 == 0, "the head size must be even, and at most 64");
}

struct RawMatrix {
  const std::int8_t* weights;
  const float* scale;
  int rows;
  int inputs;

  Part part() const { return {weights, scale, rows}; }
};

struct RawLayer {
  RawMatrix query, key, value, output, up, down;
  const float *attention_norm, *mlp_norm;
  float sharpness;
};

struct RawModel {
  const std::int16_t* embedding;
  std::vector<RawLayer> layers;
  RawMatrix head;
  const float* head_norm;
  const std::int16_t* cosine;
  const std::int16_t* softmax;
  const std::int16_t* soft_cap;
  const std::int32_t* power;
  const std::int32_t* rotary_steps;
};

RawMatrix take_matrix(Tensors& tensors, const std::string& name, int rows, int inputs) {
  return {tensors.take_int8(name + ".weight", {rows, inputs}, -127, 127), tensors.take_scale(name + ".scale", rows), rows,
          inputs};
}

RawLayer take_layer(Tensors& tensors, const std::string& prefix, const Shape& shape) {
  const int hidden = shape.hidden_size;
  return {take_matrix(tensors, prefix + "q", hidden, hidden),
          take_matrix(tensors, prefix + "k", shape.key_value_size(), hidden),
          take_matrix(tensors, prefix + "v", shape.key_value_size(), hidden),
          take_matrix(tensors, prefix + "o", hidden, hidden),
          take_matrix(tensors, prefix + "up", shape.mlp_size, hidden),
          take_matrix(tensors, prefix + "down", hidden, shape.mlp_size),
          tensors.take_scale(prefix + "attention.norm", hidden),
          tensors.take_scale(prefix + "mlp.norm", hidden),
          *tensors.take_scale(prefix + "attention.sharpness", 1)};
}

RawModel take_model(Tensors& tensors, const Shape& shape) {
  RawModel raw{};
  raw.embedding = tensors.take_int16("embedding", {kVocabulary + 1, shape.hidden_size}, INT16_MIN, INT16_MAX);
  for (int layer = 0; layer < shape.num_layers; ++layer)
    raw.layers.push_back(take_layer(tensors, "layers." + std::to_string(layer) + ".", shape));
  raw.head = take_matrix(tensors, "head", kVocabulary, shape.hidden_size);
  raw.head_norm = tensors.take_scale("head.norm", shape.hidden_size);
  raw.cosine = tensors.take_int16("table.cosine", {kRotaryPeriod}, -(1 << 14), 1 << 14);
  raw.softmax = tensors.take_int16("table.softmax", {kSoftmaxEntries}, 0, kSoftmaxOne);
  raw.soft_cap = tensors.take_int16("table.soft_cap", {2 * kLogitLimit + 1}, INT16_MIN, INT16_MAX);
  raw.power = tensors.take_int32("table.power", {kPowerEntries}, 1, 1 << 23);
  raw.rotary_steps = tensors.take_int32("table.rotary_steps", {shape.head_size() / 2}, 0, kRotaryPeriod - 1);
  tensors.finish();
  require(raw.softmax[0] >= 1, "table.softmax must begin with a positive entry");  // the divisor of the mean
  return raw;
}

Layer pack_layer(Packer& packer, const RawLayer& raw, const Path& path) {
  const auto single = [&](const RawMatrix& matrix, int bias) { return packer.matrix({matrix.part()}, matrix.inputs, bias); };
  const Matrix projection = packer.matrix({raw.query.part(), raw.key.part(), raw.value.part()}, raw.query.inputs, path.bias);
  const Matrix output = single(raw.output, path.bias);
  const Matrix up = single(raw.up, path.bias);
  const Matrix down = single(raw.down, path.square_bias);
  const auto gains = [&](const float* norm) { return packer.floats(norm, raw.query.inputs); };
  return {projection, output, up, down, gains(raw.attention_norm), gains(raw.mlp_norm), raw.sharpness};
}

Model pack_model(Packer& packer, const RawModel& raw, const Shape& shape, const Path& path, std::vector<Layer>& layers) {
  layers.clear();
  for (const RawLayer& layer : raw.layers) layers.push_back(pack_layer(packer, layer, path));
  Model model{};
  model.shape = shape;
  model.layers = layers.data();
  model.head = packer.matrix({raw.head.part()}, raw.head.inputs, path.bias);
  model.head_norm = packer.floats(raw.head_norm, shape.hidden_size);
  model.query_key_norm = std::sqrt(static_cast<float>(shape.head_size())) * (1.0f / (1 << 30));
  model.embedding = packer.copy(raw.embedding, (kVocabulary + 1) * shape.hidden_size);
  model.cosine = packer.copy(raw.cosine, kRotaryPeriod);
  model.softmax = packer.copy(raw.softmax, kSoftmaxEntries, 4);
  model.soft_cap = packer.copy(raw.soft_cap, 2 * kLogitLimit + 1);
  model.power = packer.copy(raw.power, kPowerEntries);
  model.rotary_steps = packer.copy(raw.rotary_steps, shape.head_size() / 2);
  return model;
}

}  // namespace

Network::Network(const Shape& shape, Tensors tensors, const std::string& path_name) : path_(choose_path(path_name)) {
  check_shape(shape);
  const RawModel raw = take_model(tensors, shape);
  Packer counter(nullptr, path_.width);
  pack_model(counter, raw, shape, path_, layers_);
  memory_ = std::make_unique<Buffer>(counter.used());
  Packer packer(memory_->data(), path_.width);
  model_ = pack_model(packer, raw, shape, path_, layers_);
}

}  // namespace bytezip
