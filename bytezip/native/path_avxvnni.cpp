// AVX-VNNI is the vpdpbusd of CPUs without AVX-512. gcc 12 knows no name for it in __builtin_cpu_supports.
#include <cpuid.h>

#include "advance.hpp"
#include "path.hpp"
#include "vector_avx2.hpp"

namespace bytezip {
namespace {

struct AvxVnniVector : Avx2Vector {
  static constexpr int bias = 128;
  static constexpr int square_bias = 0;
  static Ints dot(Ints sum, Bytes a, Bytes b) { return _mm256_dpbusd_avx_epi32(sum, a, b); }
  static Ints dot_positive(Ints sum, Bytes a, Bytes b) { return dot(sum, a, b); }
};

bool available() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned kAvxVnni = 1u << 4;  // of eax in leaf 7, subleaf 1
  return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax & kAvxVnni) != 0;
}

}  // namespace

extern const Path avxvnni_path;
const Path avxvnni_path{"avxvnni", AvxVnniVector::width, AvxVnniVector::bias, AvxVnniVector::square_bias, available, advance<AvxVnniVector>};

}  // namespace bytezip
