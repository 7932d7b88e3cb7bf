#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "advance.hpp"
#include "path.hpp"
#include "vector_neon.hpp"

namespace bytezip {
namespace {

bool available() {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#else
  return true;  // every 64-bit Apple computer has the dot product
#endif
}

}  // namespace

extern const Path neon_path;
const Path neon_path{"neon", NeonVector::width, NeonVector::bias, NeonVector::square_bias, available, advance<NeonVector>};

}  // namespace bytezip
