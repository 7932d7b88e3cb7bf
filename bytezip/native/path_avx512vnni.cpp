#include "advance.hpp"
#include "path.hpp"
#include "vector_avx512vnni.hpp"

namespace bytezip {
namespace {

bool available() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni");
}

}  // namespace

extern const Path avx512vnni_path;
const Path avx512vnni_path{"avx512vnni", Avx512VnniVector::width, Avx512VnniVector::bias, Avx512VnniVector::square_bias, available,
                           advance<Avx512VnniVector>};

}  // namespace bytezip
