#include "tensors.hpp"

#include <stdexcept>

namespace bytezip {
namespace {

std::string describe(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i != 0 ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

const char* describe(Element element) {
  switch (element) {
    case Element::int8: return "int8";
    case Element::int16: return "int16";
    case Element::int32: return "int32";
    case Element::float32: return "float32";
    case Element::other: break;
  }
  return "another type";
}

std::int64_t element_count(const Tensor& tensor) {
  std::int64_t count = 1;
  for (const std::int64_t size : tensor.shape) count *= size;
  return count;
}

template <class Integer>
const Integer* within(const Tensor& tensor, const std::string& name, int low, int high) {
  const auto* values = static_cast<const Integer*>(tensor.data);
  const std::int64_t count = element_count(tensor);
  for (std::int64_t i = 0; i < count; ++i)
    if (values[i] < low || values[i] > high)
      throw std::invalid_argument("tensor " + name + " holds " + std::to_string(values[i]) + ", outside " +
                                  std::to_string(low) + ".." + std::to_string(high));
  return values;
}

}  // namespace

const Tensor& Tensors::take(const std::string& name, Element element, const std::vector<std::int64_t>& shape) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) throw std::invalid_argument("tensor " + name + " is missing");
  const Tensor& tensor = found->second;
  if (tensor.element != element)
    throw std::invalid_argument("tensor " + name + " must be " + describe(element) + ", not " + describe(tensor.element));
  if (tensor.shape != shape)
    throw std::invalid_argument("tensor " + name + " must have shape " + describe(shape) + ", not " +
                                describe(tensor.shape));
  taken_[name] = true;
  return tensor;
}

const std::int8_t* Tensors::take_int8(const std::string& name, std::vector<std::int64_t> shape, int low, int high) {
  return within<std::int8_t>(take(name, Element::int8, shape), name, low, high);
}

const std::int16_t* Tensors::take_int16(const std::string& name, std::vector<std::int64_t> shape, int low, int high) {
  return within<std::int16_t>(take(name, Element::int16, shape), name, low, high);
}

const std::int32_t* Tensors::take_int32(const std::string& name, std::vector<std::int64_t> shape, int low, int high) {
  return within<std::int32_t>(take(name, Element::int32, shape), name, low, high);
}

const float* Tensors::take_scale(const std::string& name, std::int64_t count) {
  constexpr float kLargest = 1099511627776.0f;  // 2^40
  const auto* values = static_cast<const float*>(take(name, Element::float32, {count}).data);
  for (std::int64_t i = 0; i < count; ++i) {
    const bool sound = values[i] >= 0.0f && values[i] <= kLargest;  // false for a NaN
    if (!sound)
      throw std::invalid_argument("tensor " + name + " holds " + std::to_string(values[i]) +
                                  ", outside 0..2^40");
  }
  return values;
}

void Tensors::finish() const {
  for (const auto& [name, tensor] : by_name_)
    if (taken_.find(name) == taken_.end()) throw std::invalid_argument("tensor " + name + " is not part of this model");
}

}  // namespace bytezip
