// Vectors of 512 bits with vpdpbusd; see vector_portable.hpp for the meaning of each operation.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace bytezip {
namespace {

struct Avx512VnniVector {
  static constexpr int width = 16;
  static constexpr int bias = 128;
  static constexpr int square_bias = 0;
  static constexpr int max_columns = 8;  // of one pass over the rows
  static constexpr int row_tile = 2;     // blocks of rows of one pass
  // Independent sums for each result, to hide the latency of dot where there are few columns. With one sum each, three
  // columns took as long as four.
  static constexpr int chains(int columns) { return columns <= 2 ? 4 : columns == 3 ? 2 : 1; }

  using Ints = __m512i;
  using Floats = __m512;
  using Bytes = __m512i;
  using Wide = __m512i;

  static Ints load(const std::int32_t* from) { return _mm512_loadu_si512(from); }
  static void store(std::int32_t* to, Ints a) { _mm512_storeu_si512(to, a); }
  static Ints set(std::int32_t value) { return _mm512_set1_epi32(value); }
  static Ints add(Ints a, Ints b) { return _mm512_add_epi32(a, b); }
  static Ints subtract(Ints a, Ints b) { return _mm512_sub_epi32(a, b); }
  static Ints multiply(Ints a, Ints b) { return _mm512_mullo_epi32(a, b); }
  static Ints smaller(Ints a, Ints b) { return _mm512_min_epi32(a, b); }
  static Ints larger(Ints a, Ints b) { return _mm512_max_epi32(a, b); }
  template <int bits>
  static Ints shift_right(Ints a) { return _mm512_srai_epi32(a, bits); }
  static Ints shift_right_each(Ints a, Ints bits) { return _mm512_srav_epi32(a, bits); }
  static Ints both(Ints a, Ints b) { return _mm512_and_si512(a, b); }
  static Ints first(Ints a, int count) {
    return _mm512_maskz_mov_epi32(static_cast<__mmask16>((1u << count) - 1), a);
  }
  static std::int32_t largest(Ints a) { return _mm512_reduce_max_epi32(a); }
  static std::int32_t total(Ints a) { return _mm512_reduce_add_epi32(a); }

  // Four permutations of 64 entries each; faster than a gather, and needs no more than AVX512-BW.
  static Ints lookup(const std::int16_t* table, Ints index) {
    const auto part = [&](int i) {
      return _mm512_permutex2var_epi16(_mm512_loadu_si512(table + 64 * i), index, _mm512_loadu_si512(table + 64 * i + 32));
    };
    const __mmask16 odd = _mm512_test_epi32_mask(index, _mm512_set1_epi32(64));
    const __mmask16 upper = _mm512_test_epi32_mask(index, _mm512_set1_epi32(128));
    const __m512i low = _mm512_mask_mov_epi32(part(0), odd, part(1));
    const __m512i high = _mm512_mask_mov_epi32(part(2), odd, part(3));
    return _mm512_and_si512(_mm512_mask_mov_epi32(low, upper, high), _mm512_set1_epi32(0xffff));
  }

  static Floats load_floats(const float* from) { return _mm512_loadu_ps(from); }
  static Floats set_float(float value) { return _mm512_set1_ps(value); }
  static Floats to_float(Ints a) { return _mm512_cvtepi32_ps(a); }
  static Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats smaller(Floats a, Floats b) { return _mm512_min_ps(a, b); }
  static Floats larger(Floats a, Floats b) { return _mm512_max_ps(a, b); }
  static Ints to_int(Floats a) { return _mm512_cvtps_epi32(a); }

  static Wide zero_wide() { return _mm512_setzero_si512(); }
  static Wide add_squares(Wide sum, Ints a) {
    const __m512i odd = _mm512_srli_epi64(a, 32);
    return _mm512_add_epi64(_mm512_add_epi64(sum, _mm512_mul_epi32(a, a)), _mm512_mul_epi32(odd, odd));
  }
  static std::int64_t total_wide(Wide a) { return _mm512_reduce_add_epi64(a); }

  static Bytes load_bytes(const std::int8_t* from) { return _mm512_loadu_si512(from); }
  static Bytes repeat_bytes(const std::int8_t* from) {
    std::int32_t four;
    std::memcpy(&four, from, 4);
    return _mm512_set1_epi32(four);
  }
  static void store_bytes(std::int8_t* to, Ints a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(a));
  }
  // Not the intrinsic: gcc 12 moves each of its sums through a second register and spills some, at twice the time.
  static Ints dot(Ints sum, Bytes a, Bytes b) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
  }
  static Ints dot_positive(Ints sum, Bytes a, Bytes b) { return dot(sum, a, b); }
  static void prefetch(const std::int8_t* from) { _mm_prefetch(reinterpret_cast<const char*>(from), _MM_HINT_T0); }
};

}  // namespace
}  // namespace bytezip
