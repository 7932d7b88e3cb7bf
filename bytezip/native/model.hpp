// A packed network as the kernels see it: plain pointers into memory that class Network owns and has checked.
// Knows: layout.  Does not know: where weights come from, lanes, threads.
#pragma once

#include "shape.hpp"

namespace bytezip {

// Weights are blocks of `width` rows (the vector width of the path in int32): [blocks][steps][width][4], where a step
// is four consecutive inputs. Rows and inputs beyond the matrix are zero.
struct Matrix {
  const std::int8_t* weights;
  const std::int32_t* correction;  // [blocks * width]: -bias * sum of the row, undoes the bias of its inputs
  const float* scale;              // [blocks * width]
  int blocks;
  int steps;
};

struct Layer {
  Matrix projection;  // query rows, then key rows, then value rows
  Matrix output;
  Matrix up;
  Matrix down;
  const float* attention_norm;  // [hidden_size], and zeros to the next whole vector
  const float* mlp_norm;        // likewise
  float sharpness;
};

struct Model {
  Shape shape;
  const std::int16_t* embedding;     // [257][hidden_size]
  const Layer* layers;               // [num_layers]
  Matrix head;                       // 256 rows
  const float* head_norm;            // as in Layer
  float query_key_norm;              // 2^-30 * sqrt(head_size)
  const std::int16_t* cosine;        // [16384]
  const std::int16_t* softmax;       // [256], and slack for one wide read
  const std::int16_t* soft_cap;      // [8193]
  const std::int32_t* power;         // [1024]
  const std::int32_t* rotary_steps;  // [head_size / 2]
};

}  // namespace bytezip
