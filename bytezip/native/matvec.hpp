// Products of a packed int8 matrix with a few columns, the sums handed over while they are still in registers.
// The one loop serves the weights, the keys (rows are positions) and the values (inputs are positions).
// Knows: the layout of Matrix.  Does not know: what the sums mean.
#pragma once

#include "column.hpp"

#if defined(__clang__)
#define BYTEZIP_UNROLL _Pragma("clang loop unroll(full)")
#else
#define BYTEZIP_UNROLL _Pragma("GCC unroll 32")
#endif

namespace bytezip {
namespace {

// What the operands are, and so which dot product of the path takes them: the operand with the bias goes on its left.
enum class Operands { biased_columns, biased_rows, positive_columns };

template <class V, Operands kOperands>
inline typename V::Ints dot(typename V::Ints sum, typename V::Bytes column, typename V::Bytes row) {
  if constexpr (kOperands == Operands::biased_columns) return V::dot(sum, column, row);
  if constexpr (kOperands == Operands::biased_rows) return V::dot(sum, row, column);
  return V::dot_positive(sum, column, row);
}

struct Rows {
  const std::int8_t* bytes;  // [blocks][stride / (4 * width)][width][4]
  int blocks;
  int steps;           // to multiply, of four inputs each
  std::size_t stride;  // bytes from block to block
};

// Rows ahead of the loop: the weights come from the outer caches, one linear stream for the whole network.
constexpr int kPrefetchDistance = 2048;

// kBlocks blocks of rows times kColumns columns. kChains sums run side by side to hide the latency of dot.
// each(column, block, sum) takes the results; blocks count from 0 here.
template <class V, Operands kOperands, int kStride, int kBlocks, int kColumns, int kChains, class Each>
inline void multiply_tile(const Rows& rows, const std::int8_t* columns, Each&& each) {
  typename V::Ints sums[kChains][kBlocks][kColumns];
  BYTEZIP_UNROLL
  for (int i = 0; i < kChains * kBlocks * kColumns; ++i) (&sums[0][0][0])[i] = V::set(0);
  const auto step = [&](int at, typename V::Ints (&sum)[kBlocks][kColumns]) {
    typename V::Bytes row[kBlocks];
    BYTEZIP_UNROLL
    for (int b = 0; b < kBlocks; ++b) {
      const std::int8_t* from = rows.bytes + static_cast<std::size_t>(b) * rows.stride + at * (4 * V::width);
      row[b] = V::load_bytes(from);
      V::prefetch(from + kPrefetchDistance);
    }
    BYTEZIP_UNROLL
    for (int c = 0; c < kColumns; ++c) {
      const typename V::Bytes column = V::repeat_bytes(columns + c * kStride + at * 4);
      BYTEZIP_UNROLL
      for (int b = 0; b < kBlocks; ++b)
        sum[b][c] = dot<V, kOperands>(sum[b][c], column, row[b]);
    }
  };
  int at = 0;
  for (; at + kChains <= rows.steps; at += kChains) {
    BYTEZIP_UNROLL
    for (int chain = 0; chain < kChains; ++chain) step(at + chain, sums[chain]);
  }
  for (; at < rows.steps; ++at) step(at, sums[0]);
  BYTEZIP_UNROLL
  for (int b = 0; b < kBlocks; ++b) {
    BYTEZIP_UNROLL
    for (int c = 0; c < kColumns; ++c) {
      typename V::Ints sum = sums[0][b][c];
      BYTEZIP_UNROLL
      for (int chain = 1; chain < kChains; ++chain) sum = V::add(sum, sums[chain][b][c]);
      each(c, b, sum);
    }
  }
}

// Calls the tile that is compiled for this many columns.
template <class V, Operands kOperands, int kStride, int kBlocks, int kColumns, class Each>
inline void multiply_columns(const Rows& rows, const std::int8_t* columns, int count, Each&& each) {
  if constexpr (kColumns > 1) {
    if (count < kColumns) return multiply_columns<V, kOperands, kStride, kBlocks, kColumns - 1>(rows, columns, count, each);
  }
  multiply_tile<V, kOperands, kStride, kBlocks, kColumns, V::chains(kColumns)>(rows, columns, each);
}

// each(column, row, sums) for all columns and every width-th row: sums are those of rows row .. row + width - 1.
// Columns are kStride bytes apart; each is read up to a multiple of four bytes.
template <class V, Operands kOperands, int kStride, class Each>
inline void multiply(const Rows& rows, const std::int8_t* columns, int count, Each&& each) {
  const int parts = (count + V::max_columns - 1) / V::max_columns;
  for (int block = 0; block < rows.blocks;) {
    const bool whole = block + V::row_tile <= rows.blocks;
    const Rows some{rows.bytes + static_cast<std::size_t>(block) * rows.stride, 0, rows.steps, rows.stride};
    for (int part = 0; part < parts; ++part) {
      const int first = count * part / parts;
      const int next = count * (part + 1) / parts;
      const auto hand_over = [&](int c, int b, typename V::Ints sum) { each(first + c, (block + b) * V::width, sum); };
      const std::int8_t* from = columns + static_cast<std::ptrdiff_t>(first) * kStride;
      if (whole)
        multiply_columns<V, kOperands, kStride, V::row_tile, V::max_columns>(some, from, next - first, hand_over);
      else
        multiply_columns<V, kOperands, kStride, 1, V::max_columns>(some, from, next - first, hand_over);
    }
    block += whole ? V::row_tile : 1;
  }
}

}  // namespace
}  // namespace bytezip
