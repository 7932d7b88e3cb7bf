// The Python face of the adaptive experts: arrays in, arrays out, and every bound that Python could break.
// Knows: nanobind, the context mixer.  Does not know: experts, the network's inside.
#include "mixing.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "claim.hpp"
#include "experts/context_mixer.hpp"
#include "float_state.hpp"

namespace bytezip {
namespace {

namespace nb = nanobind;
using namespace nb::literals;

template <int N>
using Probabilities = nb::ndarray<nb::numpy, double, nb::ndim<N>, nb::c_contig>;
template <int N>
using GivenProbabilities = nb::ndarray<const double, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Bits = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

constexpr double kOne = 1 << 24;
constexpr int kMaxLanes = 32;
constexpr std::size_t kMaxBlock = std::size_t{1} << 24;

template <int N, class... Sizes>
Probabilities<N> make_array(double*& data, Sizes... sizes) {
  data = new double[(sizes * ... * std::size_t{1})];
  const nb::capsule owner(data, [](void* memory) noexcept { delete[] static_cast<double*>(memory); });
  return Probabilities<N>(data, {sizes...}, owner);
}

std::uint32_t fixed_point(double probability) {
  if (!(probability > 0 && probability < 1)) throw std::invalid_argument("probabilities must lie between 0 and 1");
  return static_cast<std::uint32_t>(probability * kOne);
}

experts::Profile profile_of(int number) {
  if (number < 0 || number > 2) throw std::invalid_argument("profile must be 0, 1 or 2");
  return static_cast<experts::Profile>(number);
}

class PythonMixer {
 public:
  PythonMixer(int lanes, std::size_t capacity, int profile) : lanes_(lanes) {
    if (lanes < 1 || lanes > kMaxLanes) throw std::invalid_argument("lanes must be 1 to 32");
    if (capacity > kMaxBlock) throw std::invalid_argument("capacity must be 2^24 at most");
    experts::Settings settings;
    settings.max_lanes = lanes;
    settings.capacity = capacity;
    settings.profile = profile_of(profile);
    mixer_ = std::make_unique<experts::ContextMixer>(settings);
  }

  void begin_block(std::size_t size, std::size_t stripe) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;  // the mixer adds floats: a host that flushes subnormals would change them
    if (bits_left_ != 0) throw std::invalid_argument("the last block has not ended");
    if (size < 1 || size > kMaxBlock || stripe < 1 || stripe > kMaxBlock) throw std::invalid_argument("no such block");
    mixer_->begin_block(size, lanes_, stripe);
    const std::size_t row = stripe * lanes_;
    bits_left_ = 8 * (size / row * stripe + (size % row + lanes_ - 1) / lanes_);
  }

  bool copying() const { return mixer_->copying(); }

  Probabilities<1> predict(const std::optional<GivenProbabilities<1>>& network) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;
    require_bits(1);
    double* result = nullptr;
    auto array = make_array<1>(result, width());
    if (network && network->shape(0) != width()) throw std::invalid_argument("one probability a lane");
    predict_lanes(network ? network->data() : nullptr, result);
    return array;
  }

  void update(const Bits& bits) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;
    require_bits(1);
    if (bits.shape(0) != width()) throw std::invalid_argument("bits must have one element a lane");
    for (std::size_t lane = 0; lane < width(); ++lane)
      if (bits.data()[lane] < 0 || bits.data()[lane] > 1) throw std::invalid_argument("bits must be 0 or 1");
    mixer_->update(bits.data());
    --bits_left_;
  }

  Probabilities<3> replay(const std::optional<GivenProbabilities<3>>& network, const Bytes& data) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;
    const std::size_t steps = data.shape(0);
    require_bits(8 * steps);
    if (data.shape(1) != width()) throw std::invalid_argument("data must have one column a lane");
    if (network && (network->shape(0) != steps || network->shape(1) != 8 || network->shape(2) != width()))
      throw std::invalid_argument("network must have one probability a bit");
    double* result = nullptr;
    auto array = make_array<3>(result, steps, std::size_t{8}, width());
    const nb::gil_scoped_release release;
    std::vector<int> bits(width());
    for (std::size_t step = 0; step < steps; ++step)
      for (int bit = 7; bit >= 0; --bit) {
        const std::size_t at = (step * 8 + static_cast<std::size_t>(7 - bit)) * width();
        predict_lanes(network ? network->data() + at : nullptr, result + at);
        for (std::size_t lane = 0; lane < width(); ++lane) bits[lane] = data.data()[step * width() + lane] >> bit & 1;
        mixer_->update(bits.data());
        --bits_left_;
      }
    return array;
  }

 private:
  std::size_t width() const { return static_cast<std::size_t>(lanes_); }

  // Past the end of a block the mixer has no positions to stand at.
  void require_bits(std::size_t count) const {
    if (count > bits_left_) throw std::invalid_argument("the block has ended");
  }

  void predict_lanes(const double* network, double* result) {
    std::uint32_t given[kMaxLanes];
    std::uint32_t found[kMaxLanes];
    if (network != nullptr)
      for (int lane = 0; lane < lanes_; ++lane) given[lane] = fixed_point(network[lane]);
    mixer_->predict(network != nullptr ? given : nullptr, found);
    for (int lane = 0; lane < lanes_; ++lane) result[lane] = found[lane] / kOne;
  }

  std::atomic<bool> busy_{false};
  int lanes_;
  std::size_t bits_left_ = 0;  // of the current block
  std::unique_ptr<experts::ContextMixer> mixer_;
};

}  // namespace

void bind_mixing(nb::module_& module) {
  nb::class_<PythonMixer>(module, "Mixer", "Adaptive experts and their mixer, shared by the lanes of a stream.")
      .def(nb::init<int, std::size_t, int>(), "lanes"_a, "capacity"_a, "profile"_a)
      .def("begin_block", &PythonMixer::begin_block, "size"_a, "stripe"_a)
      .def("copying", &PythonMixer::copying)
      .def("predict", &PythonMixer::predict, "network"_a.none())
      .def("update", &PythonMixer::update, "bits"_a.noconvert())
      .def("replay", &PythonMixer::replay, "network"_a.none(), "data"_a.noconvert());
}

}  // namespace bytezip
