#include "advance.hpp"
#include "path.hpp"
#include "vector_avx2.hpp"

namespace bytezip {

extern const Path avx2_path;
const Path avx2_path{"avx2", Avx2Vector::width, Avx2Vector::bias, Avx2Vector::square_bias,
                     [] { return __builtin_cpu_supports("avx2") != 0; }, advance<Avx2Vector>};

}  // namespace bytezip
