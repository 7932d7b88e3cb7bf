// Knows: nanobind, tables of phrases and their counter.  Does not know: experts.
#include "phrases.hpp"

#include <nanobind/ndarray.h>

#include <cstdint>
#include <stdexcept>

#include "experts/phrase_table.hpp"
#include "phrase_counter.hpp"

namespace bytezip {
namespace {

namespace nb = nanobind;
using namespace nb::literals;
using experts::PhraseTable;

using Lines = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

void construct_table(PhraseTable* self, const Lines& lines) {
  if (lines.shape(0) < 1 || lines.shape(0) > PhraseTable::kMaxLines || lines.shape(1) != PhraseTable::kLineBytes)
    throw std::invalid_argument("a table of phrases has 1 to 2^22 lines of 64 bytes");
  new (self) PhraseTable(lines.data(), lines.shape(0));
}

auto table_of(PhraseCounter& counter, std::size_t lines) {
  auto* const table = new std::vector<std::uint8_t>(counter.table(lines));
  const nb::capsule owner(table, [](void* memory) noexcept { delete static_cast<std::vector<std::uint8_t>*>(memory); });
  return nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<2>, nb::c_contig>(table->data(), {lines, PhraseTable::kLineBytes}, owner);
}

}  // namespace

void bind_phrases(nb::module_& module) {
  nb::class_<PhraseTable>(module, "Phrases", "What mostly followed in a training set, for some millions of contexts.")
      .def("__init__", construct_table, "lines"_a.noconvert());
  nb::class_<PhraseCounter>(module, "PhraseCounter", "Makes a table of phrases from a training set.")
      .def(nb::init<int>(), "table_bits"_a)
      .def_prop_ro("kinds", [](const PhraseCounter&) { return experts::kPhraseContexts; })
      .def_prop_ro("candidates", &PhraseCounter::candidates)
      .def("begin", &PhraseCounter::begin, "kind"_a)
      .def("count", [](PhraseCounter& counter, const Bytes& data, std::uint32_t source) { counter.count(data.data(), data.shape(0), source); },
           "data"_a.noconvert(), "source"_a)
      .def("keep", &PhraseCounter::keep)
      .def("credit", [](PhraseCounter& counter, const Bytes& data, float weight) { counter.credit(data.data(), data.shape(0), weight); },
           "data"_a.noconvert(), "weight"_a)
      .def("table", table_of, "lines"_a);
}

}  // namespace bytezip
