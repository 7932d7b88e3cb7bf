#include "packer.hpp"

namespace bytezip {

Matrix Packer::matrix(const std::vector<Part>& parts, int inputs, int bias) {
  int rows = 0;
  for (const Part& part : parts) rows += part.rows;
  const int padded = round_up(rows, width_);
  const int steps = round_up(inputs, 4) / 4;
  auto* weights = take<std::int8_t>(static_cast<std::size_t>(padded) * static_cast<std::size_t>(steps) * 4);
  auto* correction = take<std::int32_t>(static_cast<std::size_t>(padded) * sizeof(std::int32_t));
  auto* scale = take<float>(static_cast<std::size_t>(padded) * sizeof(float));
  const Matrix result{weights, correction, scale, padded / width_, steps};
  if (weights == nullptr) return result;
  int row = 0;
  for (const Part& part : parts) {
    for (int i = 0; i < part.rows; ++i, ++row) {
      std::int8_t* to = weights + (static_cast<std::size_t>(row / width_) * static_cast<std::size_t>(steps * width_) +
                                   static_cast<std::size_t>(row % width_)) * 4;
      const std::int8_t* from = part.weights + static_cast<std::size_t>(i) * static_cast<std::size_t>(inputs);
      for (int k = 0; k < inputs; ++k) {
        to[(k / 4) * (4 * width_) + k % 4] = from[k];
        correction[row] -= bias * from[k];
      }
      scale[row] = part.scale[i];
    }
  }
  return result;
}

}  // namespace bytezip
