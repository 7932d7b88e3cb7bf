// The named tensors of a model file, checked as they are taken: a wrong or hostile one is std::invalid_argument.
// Knows: names, shapes, element types and ranges.  Does not know: what a tensor is for, Python.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bytezip {

enum class Element { int8, int16, int32, float32, other };

struct Tensor {
  Element element;
  std::vector<std::int64_t> shape;
  const void* data;  // contiguous, aligned for its element
};

class Tensors {
 public:
  explicit Tensors(std::map<std::string, Tensor> by_name) : by_name_(std::move(by_name)) {}

  // The elements of the tensor, each from `low` to `high`.
  const std::int8_t* take_int8(const std::string& name, std::vector<std::int64_t> shape, int low, int high);
  const std::int16_t* take_int16(const std::string& name, std::vector<std::int64_t> shape, int low, int high);
  const std::int32_t* take_int32(const std::string& name, std::vector<std::int64_t> shape, int low, int high);

  // Factors from 0 to 2^40, so that no product of the network overflows but the square of an activation, which is clamped.
  const float* take_scale(const std::string& name, std::int64_t count);

  // Throws if any tensor has not been taken.
  void finish() const;

 private:
  const Tensor& take(const std::string& name, Element element, const std::vector<std::int64_t>& shape);

  std::map<std::string, Tensor> by_name_;
  std::map<std::string, bool> taken_;
};

}  // namespace bytezip
