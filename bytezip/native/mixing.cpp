// The Python face of the adaptive experts: arrays in, arrays out, and every bound that Python could break.
// Knows: nanobind, the mixer with and without the network.  Does not know: experts, the network's inside.
#include "mixing.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/tuple.h>

#include <atomic>
#include <memory>
#include <algorithm>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "bit_mixer.hpp"
#include "claim.hpp"
#include "float_state.hpp"
#include "mixed_lanes.hpp"

namespace bytezip {
namespace {

namespace nb = nanobind;
using namespace nb::literals;

template <int N>
using Probabilities = nb::ndarray<nb::numpy, double, nb::ndim<N>, nb::c_contig>;
using Room = nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <int N>
using GivenProbabilities = nb::ndarray<const double, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
template <int N>
using Likeliest = nb::ndarray<const std::uint32_t, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Bits = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Counts = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Row = nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<2>, nb::c_contig>;

template <class Number>
using Given = nb::ndarray<const Number, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using GivenExperience = std::tuple<Given<float>, Given<std::uint32_t>, Given<std::uint32_t>>;

template <class Number>
std::vector<Number> vector_of(const Given<Number>& array) {
  return std::vector<Number>(array.data(), array.data() + array.shape(0));
}

template <class Number>
auto array_of(const std::vector<Number>& vector) {
  auto* const data = new Number[vector.size()];
  std::copy(vector.begin(), vector.end(), data);
  const nb::capsule owner(data, [](void* memory) noexcept { delete[] static_cast<Number*>(memory); });
  return nb::ndarray<nb::numpy, Number, nb::ndim<1>, nb::c_contig>(data, {vector.size()}, owner);
}

// The weights must be such that sums stay finite; any word is a probability.
experts::Experience experience_of(const GivenExperience& given) {
  const auto& [weights, updates, probabilities] = given;
  experts::Experience experience{vector_of(weights), vector_of(updates), vector_of(probabilities)};
  for (const float weight : experience.weights)
    if (!(weight >= -1024 && weight <= 1024)) throw std::invalid_argument("weights must lie within 1024");
  return experience;
}

template <int N, class... Sizes>
Probabilities<N> make_array(double*& data, Sizes... sizes) {
  data = new double[(sizes * ... * std::size_t{1})];
  const nb::capsule owner(data, [](void* memory) noexcept { delete[] static_cast<double*>(memory); });
  return Probabilities<N>(data, {sizes...}, owner);
}

void require_bits_of(std::size_t lanes, const Bits& bits) {
  if (bits.shape(0) != lanes) throw std::invalid_argument("bits must have one element a lane");
  for (std::size_t lane = 0; lane < lanes; ++lane)
    if (bits.data()[lane] < 0 || bits.data()[lane] > 1) throw std::invalid_argument("bits must be 0 or 1");
}

// The mixer alone: whoever calls it asks the network.
class PythonMixer {
 public:
  PythonMixer(int lanes, std::size_t capacity, int profile, const std::optional<GivenExperience>& experience,
              std::shared_ptr<const experts::PhraseTable> phrases)
      : mixer_(lanes, capacity, profile, std::move(phrases)) {
    if (experience) mixer_.take(experience_of(*experience));
  }

  auto experience() const {
    const experts::Experience experience = mixer_.experience();
    return std::make_tuple(array_of(experience.weights), array_of(experience.updates), array_of(experience.probabilities));
  }

  void begin_block(std::size_t size, std::size_t stripe, int /* hint: nothing depends on it yet */) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;  // the mixer adds floats: a host that flushes subnormals would change them
    mixer_.begin_block(size, stripe);
  }

  bool copying() const { return mixer_.copying(); }

  Probabilities<1> predict(const std::optional<GivenProbabilities<1>>& network, const std::optional<Likeliest<1>>& likeliest) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;
    mixer_.require_bits(1);
    if (network && network->shape(0) != mixer_.lanes()) throw std::invalid_argument("one probability a lane");
    if (likeliest && likeliest->shape(0) != mixer_.lanes()) throw std::invalid_argument("likeliest must have one element a lane");
    double* result = nullptr;
    auto array = make_array<1>(result, mixer_.lanes());
    mixer_.predict(network ? network->data() : nullptr, likeliest ? likeliest->data() : nullptr, result);
    return array;
  }

  void update(const Bits& bits) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;
    mixer_.require_bits(1);
    require_bits_of(mixer_.lanes(), bits);
    mixer_.update(bits.data());
  }

  Probabilities<3> replay(const std::optional<GivenProbabilities<3>>& network, const Bytes& data,
                          const std::optional<Likeliest<2>>& likeliest) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;
    const std::size_t steps = data.shape(0);
    mixer_.require_bits(8 * steps);
    if (data.shape(1) != mixer_.lanes()) throw std::invalid_argument("data must have one column a lane");
    if (network && (network->shape(0) != steps || network->shape(1) != 8 || network->shape(2) != mixer_.lanes()))
      throw std::invalid_argument("network must have one probability a bit");
    if (likeliest && (likeliest->shape(0) != steps || likeliest->shape(1) != mixer_.lanes()))
      throw std::invalid_argument("likeliest must have one element a byte");
    double* result = nullptr;
    auto array = make_array<3>(result, steps, std::size_t{8}, mixer_.lanes());
    const nb::gil_scoped_release release;
    mixer_.replay(network ? network->data() : nullptr, likeliest ? likeliest->data() : nullptr, data.data(), steps, result);
    return array;
  }

 private:
  std::atomic<bool> busy_{false};
  BitMixer mixer_;
};

// Code that is being decoded; see MixedLanes.decode.
struct PythonRangeDecoder {
  explicit PythonRangeDecoder(const nb::bytes& code)
      : decoder(std::vector<std::uint8_t>(static_cast<const std::uint8_t*>(code.data()),
                                          static_cast<const std::uint8_t*>(code.data()) + code.size())) {}

  nb::ndarray<nb::numpy, std::int32_t, nb::ndim<1>, nb::c_contig> decode(const Given<double>& probabilities) {
    const Claim claim(busy);
    std::vector<std::int32_t> bits(probabilities.shape(0));
    for (std::size_t i = 0; i < bits.size(); ++i) {
      bits[i] = decoder.decode(fixed_point(probabilities.data()[i]));
      if (bits[i] < 0) throw std::invalid_argument("the code cannot be decoded");
    }
    return array_of(bits);
  }

  RangeDecoder decoder;
  std::atomic<bool> busy{false};
};

// The native network and the mixer as one.
class PythonMixedLanes {
 public:
  PythonMixedLanes(std::shared_ptr<const Network> network, int lanes, int threads, std::size_t capacity, int profile,
                   const std::optional<GivenExperience>& experience, std::shared_ptr<const experts::PhraseTable> phrases)
      : lanes_(std::move(network), lanes, threads, capacity, profile, std::move(phrases)) {
    if (experience) lanes_.take(experience_of(*experience));
  }

  std::size_t lanes() const { return lanes_.lanes(); }

  void begin_block(std::size_t size, std::size_t stripe, bool asks_network, int /* hint: nothing depends on it yet */) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;
    lanes_.begin_block(size, stripe, asks_network);
  }

  void begin_row() {
    const Claim claim(busy_);
    lanes_.begin_row();
  }

  void predict(const Room& result) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;
    lanes_.require_bits(1);
    if (result.shape(0) != lanes()) throw std::invalid_argument("room for one probability a lane");
    lanes_.predict(result.data());
  }

  void update(const Bits& bits) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;
    lanes_.require_bits(1);
    require_bits_of(lanes(), bits);
    lanes_.update(bits.data());
  }

  Row decode(PythonRangeDecoder& decoder, const Counts& present) {
    const Claim claim(busy_);
    const Claim code_claim(decoder.busy);
    const DefaultFloatState float_state;
    const std::size_t steps = present.shape(0);
    lanes_.require_bits(8 * steps);
    for (std::size_t step = 0; step < steps; ++step)
      if (present.data()[step] < 0 || present.data()[step] > static_cast<std::int64_t>(lanes()))
        throw std::invalid_argument("present must count lanes");
    auto bytes = std::make_unique<std::uint8_t[]>(steps * lanes());
    bool sound = false;
    {
      const nb::gil_scoped_release release;
      sound = lanes_.decode(decoder.decoder, present.data(), steps, bytes.get());
    }
    if (!sound) throw std::invalid_argument("the code cannot be decoded");
    std::uint8_t* const data = bytes.release();
    const nb::capsule owner(data, [](void* memory) noexcept { delete[] static_cast<std::uint8_t*>(memory); });
    return Row(data, {steps, lanes()}, owner);
  }

  Probabilities<3> replay(const Bytes& data) {
    const Claim claim(busy_);
    const DefaultFloatState float_state;
    const std::size_t steps = data.shape(0);
    lanes_.require_bits(8 * steps);
    if (data.shape(1) != lanes()) throw std::invalid_argument("data must have one column a lane");
    double* result = nullptr;
    auto array = make_array<3>(result, steps, std::size_t{8}, lanes());
    const nb::gil_scoped_release release;
    lanes_.replay(data.data(), steps, result);
    return array;
  }

 private:
  std::atomic<bool> busy_{false};
  MixedLanes lanes_;
};

}  // namespace

void bind_mixing(nb::module_& module) {
  nb::class_<PythonMixer>(module, "Mixer", "Adaptive experts and their mixer, shared by the lanes of a stream.")
      .def(nb::init<int, std::size_t, int, const std::optional<GivenExperience>&, std::shared_ptr<const experts::PhraseTable>>(),
           "lanes"_a, "capacity"_a, "profile"_a, "experience"_a = nb::none(), "phrases"_a = nb::none())
      .def("experience", &PythonMixer::experience)
      .def("begin_block", &PythonMixer::begin_block, "size"_a, "stripe"_a, "hint"_a = 0)
      .def("copying", &PythonMixer::copying)
      .def("predict", &PythonMixer::predict, "network"_a.none(), "likeliest"_a = nb::none())
      .def("update", &PythonMixer::update, "bits"_a.noconvert())
      .def("replay", &PythonMixer::replay, "network"_a.none(), "data"_a.noconvert(), "likeliest"_a = nb::none());
  nb::class_<PythonRangeDecoder>(module, "RangeDecoder", "Code on its way back to bits.")
      .def(nb::init<const nb::bytes&>(), "code"_a)
      .def("decode", &PythonRangeDecoder::decode, "probabilities"_a.noconvert());
  nb::class_<PythonMixedLanes>(module, "MixedLanes", "The native network and the mixer as one.")
      .def(nb::init<std::shared_ptr<const Network>, int, int, std::size_t, int, const std::optional<GivenExperience>&,
                    std::shared_ptr<const experts::PhraseTable>>(),
           "network"_a, "lanes"_a, "threads"_a, "capacity"_a, "profile"_a, "experience"_a = nb::none(), "phrases"_a = nb::none())
      .def_prop_ro("lanes", &PythonMixedLanes::lanes)
      .def("begin_block", &PythonMixedLanes::begin_block, "size"_a, "stripe"_a, "asks_network"_a = true,
           "hint"_a = 0)
      .def("begin_row", &PythonMixedLanes::begin_row)
      .def("decode", &PythonMixedLanes::decode, "decoder"_a, "present"_a.noconvert())
      .def("predict", &PythonMixedLanes::predict, "result"_a.noconvert())
      .def("update", &PythonMixedLanes::update, "bits"_a.noconvert())
      .def("replay", &PythonMixedLanes::replay, "data"_a.noconvert());
}

}  // namespace bytezip
