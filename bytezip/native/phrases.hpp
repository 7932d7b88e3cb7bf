// The Python face of phrases: tables, and how they are made.
#pragma once

#include <nanobind/nanobind.h>

namespace bytezip {

void bind_phrases(nanobind::module_& module);

}  // namespace bytezip
