// The Python face of the adaptive experts.
#pragma once

#include <nanobind/nanobind.h>

namespace bytezip {

void bind_mixing(nanobind::module_& module);

}  // namespace bytezip
