// Vectors of 256 bits; see vector_portable.hpp for the meaning of each operation. Avx2Vector is complete; a path with
// a better dot product derives from it.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace bytezip {
namespace {

struct Avx2Vector {
  static constexpr int width = 8;
  static constexpr int bias = 0;
  static constexpr int square_bias = -128;
  static constexpr int max_columns = 4;  // of one pass over the rows
  static constexpr int row_tile = 2;     // blocks of rows of one pass
  // Independent sums for each result, to hide the latency of dot where there are few columns.
  static constexpr int chains(int columns) { return columns <= 2 ? 2 : 1; }

  using Ints = __m256i;
  using Floats = __m256;
  using Bytes = __m256i;
  using Wide = __m256i;

  static Ints load(const std::int32_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
  static void store(std::int32_t* to, Ints a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), a); }
  static Ints set(std::int32_t value) { return _mm256_set1_epi32(value); }
  static Ints add(Ints a, Ints b) { return _mm256_add_epi32(a, b); }
  static Ints subtract(Ints a, Ints b) { return _mm256_sub_epi32(a, b); }
  static Ints multiply(Ints a, Ints b) { return _mm256_mullo_epi32(a, b); }
  static Ints smaller(Ints a, Ints b) { return _mm256_min_epi32(a, b); }
  static Ints larger(Ints a, Ints b) { return _mm256_max_epi32(a, b); }
  template <int bits>
  static Ints shift_right(Ints a) { return _mm256_srai_epi32(a, bits); }
  static Ints shift_right_each(Ints a, Ints bits) { return _mm256_srav_epi32(a, bits); }
  static Ints both(Ints a, Ints b) { return _mm256_and_si256(a, b); }
  static Ints first(Ints a, int count) {
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_and_si256(a, _mm256_cmpgt_epi32(_mm256_set1_epi32(count), index));
  }
  static std::int32_t largest(Ints a) {
    __m128i half = _mm_max_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    return _mm_cvtsi128_si32(_mm_max_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
  }
  static std::int32_t total(Ints a) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
  }
  // Reads 32 bits an entry, so two bytes beyond the last one.
  static Ints lookup(const std::int16_t* table, Ints index) {
    const __m256i found = _mm256_i32gather_epi32(reinterpret_cast<const int*>(table), index, 2);
    return _mm256_and_si256(found, _mm256_set1_epi32(0xffff));
  }

  static Floats load_floats(const float* from) { return _mm256_loadu_ps(from); }
  static Floats set_float(float value) { return _mm256_set1_ps(value); }
  static Floats to_float(Ints a) { return _mm256_cvtepi32_ps(a); }
  static Floats multiply(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
  static Floats smaller(Floats a, Floats b) { return _mm256_min_ps(a, b); }
  static Floats larger(Floats a, Floats b) { return _mm256_max_ps(a, b); }
  static Ints to_int(Floats a) { return _mm256_cvtps_epi32(a); }

  static Wide zero_wide() { return _mm256_setzero_si256(); }
  static Wide add_squares(Wide sum, Ints a) {
    const __m256i odd = _mm256_srli_epi64(a, 32);
    return _mm256_add_epi64(_mm256_add_epi64(sum, _mm256_mul_epi32(a, a)), _mm256_mul_epi32(odd, odd));
  }
  static std::int64_t total_wide(Wide a) {
    const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    return _mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1);
  }

  static Bytes load_bytes(const std::int8_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
  static Bytes repeat_bytes(const std::int8_t* from) {
    std::int32_t four;
    std::memcpy(&four, from, 4);
    return _mm256_set1_epi32(four);
  }
  static void store_bytes(std::int8_t* to, Ints a) {
    const __m256i low = _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,  //
                                         0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m256i packed = _mm256_shuffle_epi8(a, low);
    const __m128i both = _mm_unpacklo_epi32(_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), both);
  }
  // maddubs saturates at 2^15, and wants its left operand unsigned: |a| * (b with the sign of a) gives it both, since
  // two products of magnitude 128 * 127 sum to 32512 at most. The sign of -127..127 can be turned, that of -128 not: so
  // it is the right operand, weights or queries, that is turned.
  static Ints dot(Ints sum, Bytes a, Bytes b) { return dot_positive(sum, _mm256_abs_epi8(a), _mm256_sign_epi8(b, a)); }
  static Ints dot_positive(Ints sum, Bytes a, Bytes b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)));
  }
  static void prefetch(const std::int8_t* from) { _mm_prefetch(reinterpret_cast<const char*>(from), _MM_HINT_T0); }
};

}  // namespace
}  // namespace bytezip
