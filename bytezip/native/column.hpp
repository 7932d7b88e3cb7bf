// The unit of work of the kernels: a column is one position of one lane. Columns of one lane may follow each other in
// a batch (replay knows the bytes to come), in the order of their positions; the weights are then streamed once.
// Knows: layout of the key/value cache and of the scratch memory.  Does not know: arithmetic.
#pragma once

#include <atomic>

#include "shape.hpp"

namespace bytezip {

constexpr int kMaxColumns = 16;  // of a batch
constexpr int kMaxWidth = 16;    // int32 elements of the widest vector
constexpr int kHeadTile = 8;     // query heads attended to at once

// Strides leave room for one vector beyond the end, and are no multiples of 4096, so that columns do not share sets.
constexpr int kByteStride = 1088;
constexpr int kIntStride = 1056;
constexpr int kProjectionStride = 3152;
constexpr int kHeadStride = 64;
static_assert(kByteStride >= kMaxSize + 2 * kMaxWidth && kIntStride >= kMaxSize + kMaxWidth);
static_assert(kProjectionStride >= 3 * kMaxSize + kMaxWidth);

// The last attention_window positions of one layer and one key/value head, as a ring: position t is in slot
// t mod window. Sums and maxima are exact, so the order of the slots does not matter. Both parts are laid out like
// Matrix: keys with a row a slot, values with a row an element of the head (and the slots as inputs).
struct CacheLayout {
  int width;
  int key_bytes;
  int value_bytes;

  CacheLayout(const Shape& shape, int vector_width)
      : width(vector_width),
        key_bytes(round_up(shape.attention_window, vector_width) * round_up(shape.head_size(), 4)),
        value_bytes(round_up(shape.head_size(), vector_width) * round_up(shape.attention_window, 4)) {}

  std::size_t head_bytes() const { return static_cast<std::size_t>(round_up(key_bytes + value_bytes, 64)); }
};

struct Column {
  std::int8_t* cache;  // [num_layers][num_key_value_heads][CacheLayout::head_bytes()]
  std::uint64_t position;
  int token;                  // 0..256
  std::uint32_t* cumulative;  // [257], out: sums of the weights of the byte values below
};

struct alignas(64) Scratch {
  const std::atomic<bool>* abandoned;  // or null; once it is true nobody wants the results of the batch any more
  std::int32_t residual[kMaxColumns][kIntStride];
  std::int8_t activation[kMaxColumns][kByteStride];
  std::int8_t mlp[kMaxColumns][kByteStride];
  std::int32_t projection[kMaxColumns][kProjectionStride];
  std::int32_t cosine[kMaxColumns][kHeadStride];
  std::int32_t sine[kMaxColumns][kHeadStride];
  std::int32_t head[2 * kHeadStride];                      // one query or key before its rotation
  std::int8_t query[kMaxSize / 2 * kHeadStride + kMaxWidth * 4];  // [head][kHeadStride]
  std::int8_t key[2 * kHeadStride];
  std::int32_t scores[kHeadTile][kIntStride];
  std::int8_t attention[2 * kHeadTile][kByteStride];  // of each head the digits of its numerators: the high ones, the low
  std::int32_t mixture[2 * kHeadTile][kHeadStride + kMaxWidth];  // sums of values by either digit
  std::int8_t mixed[kHeadTile][kHeadStride];
};

}  // namespace bytezip
