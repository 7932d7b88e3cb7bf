// bytezip._native: the engine as Python sees it; the stub is bytezip/_native.pyi.
// Knows: nanobind, numpy arrays, the GIL.  Does not know: arithmetic.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "claim.hpp"
#include "lanes.hpp"
#include "mixing.hpp"
#include "phrases.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace bytezip {
namespace {

using AnyArray = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Bits = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <int dimensions>
using Probabilities = nb::ndarray<nb::numpy, double, nb::ndim<dimensions>, nb::c_contig>;

Element element_of(const nb::dlpack::dtype& type) {
  if (type == nb::dtype<std::int8_t>()) return Element::int8;
  if (type == nb::dtype<std::int16_t>()) return Element::int16;
  if (type == nb::dtype<std::int32_t>()) return Element::int32;
  if (type == nb::dtype<float>()) return Element::float32;
  return Element::other;
}

// Keeps the arrays alive while their tensors are read.
Tensors view_tensors(const nb::dict& arrays, std::vector<AnyArray>& keep) {
  std::map<std::string, Tensor> tensors;
  for (const auto& [key, value] : arrays) {
    std::string name;
    AnyArray array;
    if (!nb::try_cast(key, name)) throw nb::type_error("the names of tensors must be strings");
    if (!nb::try_cast(value, array)) throw nb::type_error(("tensor " + name + " must be a numpy array").c_str());
    Tensor tensor{element_of(array.dtype()), {}, array.data()};
    for (std::size_t i = 0; i < array.ndim(); ++i) tensor.shape.push_back(static_cast<std::int64_t>(array.shape(i)));
    if (reinterpret_cast<std::uintptr_t>(tensor.data) % 4 != 0 && tensor.element != Element::int8)
      throw std::invalid_argument("tensor " + name + " is not aligned");
    tensors.emplace(std::move(name), std::move(tensor));
    keep.push_back(std::move(array));
  }
  return Tensors(std::move(tensors));
}

int size_of(const nb::dict& config, const char* name) {
  if (!config.contains(name)) throw std::invalid_argument(std::string(name) + " is missing from the configuration");
  int size = 0;
  if (!nb::try_cast(config[name], size)) throw std::invalid_argument(std::string(name) + " must be a small integer");
  return size;
}

void construct_network(Network* self, const nb::dict& config, const nb::dict& arrays, const std::string& simd) {
  const auto size = [&](const char* name) { return size_of(config, name); };
  const Shape shape{size("hidden_size"),         size("num_layers"),       size("num_query_heads"),
                    size("num_key_value_heads"), size("attention_window"), size("mlp_size")};
  std::vector<AnyArray> keep;
  new (self) Network(shape, view_tensors(arrays, keep), simd);
}

class PythonLanes {
 public:
  PythonLanes(std::shared_ptr<const Network> network, int lanes, int threads) : lanes_(std::move(network), lanes, threads) {}

  int lanes() const { return lanes_.lanes(); }
  int threads() const { return lanes_.threads(); }

  void restart() {
    const Claim claim(busy_);
    lanes_.restart();
  }

  Probabilities<1> predict() {
    const Claim claim(busy_);
    const auto count = static_cast<std::size_t>(lanes());
    auto* result = new double[count];
    const nb::capsule owner(result, [](void* memory) noexcept { delete[] static_cast<double*>(memory); });
    const bool begins_byte = lanes_.at_byte();
    if (lanes_.needs_step()) {
      const nb::gil_scoped_release release;
      lanes_.predict(result);
    } else {
      lanes_.predict(result);
    }
    if (begins_byte) {
      likeliest_.resize(count);
      lanes_.write_likeliest(likeliest_.data());
    }
    return Probabilities<1>(result, {count}, owner);
  }

  // Of the steps that were predicted last.
  nb::ndarray<nb::numpy, std::uint32_t, nb::ndim<2>, nb::c_contig> likeliest() const {
    const auto count = static_cast<std::size_t>(lanes());
    auto* const result = new std::uint32_t[likeliest_.size()];
    std::copy(likeliest_.begin(), likeliest_.end(), result);
    const nb::capsule owner(result, [](void* memory) noexcept { delete[] static_cast<std::uint32_t*>(memory); });
    return nb::ndarray<nb::numpy, std::uint32_t, nb::ndim<2>, nb::c_contig>(result, {likeliest_.size() / count, count}, owner);
  }

  // Sums of the weights of the byte values below each, of the byte to come.
  nb::ndarray<nb::numpy, std::uint32_t, nb::ndim<2>, nb::c_contig> weights() {
    const Claim claim(busy_);
    constexpr std::size_t kSums = kVocabulary + 1;
    const auto count = static_cast<std::size_t>(lanes());
    auto* const result = new std::uint32_t[count * kSums];
    const nb::capsule owner(result, [](void* memory) noexcept { delete[] static_cast<std::uint32_t*>(memory); });
    {
      const nb::gil_scoped_release release;
      for (std::size_t lane = 0; lane < count; ++lane) std::copy_n(lanes_.weights(static_cast<int>(lane)), kSums, result + lane * kSums);
    }
    return nb::ndarray<nb::numpy, std::uint32_t, nb::ndim<2>, nb::c_contig>(result, {count, kSums}, owner);
  }

  void update(const Bits& bits) {
    const Claim claim(busy_);
    if (bits.shape(0) != static_cast<std::size_t>(lanes())) throw std::invalid_argument("bits must have one element a lane");
    lanes_.update(bits.data());
  }

  Probabilities<3> replay(const Bytes& data) {
    const Claim claim(busy_);
    const auto count = static_cast<std::size_t>(lanes());
    if (data.shape(1) != count) throw std::invalid_argument("data must have one column a lane");
    const std::size_t steps = data.shape(0);
    auto* result = new double[steps * 8 * count];
    const nb::capsule owner(result, [](void* memory) noexcept { delete[] static_cast<double*>(memory); });
    {
      const nb::gil_scoped_release release;
      likeliest_.resize(steps * count);
      lanes_.replay(data.data(), steps, {result, likeliest_.data()}, [](std::size_t, std::size_t) {});
    }
    return Probabilities<3>(result, {steps, 8, count}, owner);
  }

 private:
  NetworkLanes lanes_;
  std::vector<std::uint32_t> likeliest_;
  std::atomic<bool> busy_{false};
};

std::vector<std::string> path_names() {
  std::vector<std::string> names;
  for (const Path* path : available_paths()) names.emplace_back(path->name);
  return names;
}

}  // namespace

NB_MODULE(_native, module) {
  module.doc() = "The exact integer network, compiled for each instruction set.";

  module.def("simd_paths", path_names, "The paths this machine can run, the fastest first.");
  module.def("simd_path", [] { return std::string(choose_path("").name); }, "The path taken by default.");

  nb::class_<Network>(module, "Network", "A checked and packed network; bytezip(5) specifies it.")
      .def("__init__", construct_network, "config"_a, "tensors"_a, "simd"_a = "")
      .def_prop_ro("simd", [](const Network& network) { return std::string(network.path().name); });

  nb::class_<PythonLanes>(module, "NetworkLanes", "Lanes that share one network and move in step.")
      .def(nb::init<std::shared_ptr<const Network>, int, int>(), "network"_a, "lanes"_a, "threads"_a = 1)
      .def_prop_ro("lanes", &PythonLanes::lanes)
      .def_prop_ro("threads", &PythonLanes::threads)
      .def("restart", &PythonLanes::restart)
      .def("likeliest", &PythonLanes::likeliest)
      .def("weights", &PythonLanes::weights)
      .def("predict", &PythonLanes::predict)
      .def("update", &PythonLanes::update, "bits"_a.noconvert())
      .def("replay", &PythonLanes::replay, "data"_a.noconvert());

  nb::class_<Sharing>(module, "Sharing", "Whether to share steps with other threads.")
      .def(nb::init<>())
      .def("pays", &Sharing::pays)
      .def("next", &Sharing::next)
      .def("stepped", &Sharing::stepped, "took"_a)
      .def("waited", &Sharing::waited, "took"_a);

  bind_phrases(module);
  bind_mixing(module);
}

}  // namespace bytezip
