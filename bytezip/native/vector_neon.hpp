// Vectors of 128 bits with the signed dot product of Armv8.2; see vector_portable.hpp for the meaning of each operation.
#pragma once

#include <arm_neon.h>

#include <cstdint>
#include <cstring>

namespace bytezip {
namespace {

struct NeonVector {
  static constexpr int width = 4;
  static constexpr int bias = 0;
  static constexpr int square_bias = -128;
  static constexpr int max_columns = 4;  // of one pass over the rows
  static constexpr int row_tile = 4;     // blocks of rows of one pass
  // Independent sums for each result, to hide the latency of dot where there are few columns.
  static constexpr int chains(int columns) { return columns <= 2 ? 2 : 1; }

  using Ints = int32x4_t;
  using Floats = float32x4_t;
  using Bytes = int8x16_t;
  using Wide = int64x2_t;

  static Ints load(const std::int32_t* from) { return vld1q_s32(from); }
  static void store(std::int32_t* to, Ints a) { vst1q_s32(to, a); }
  static Ints set(std::int32_t value) { return vdupq_n_s32(value); }
  static Ints add(Ints a, Ints b) { return vaddq_s32(a, b); }
  static Ints subtract(Ints a, Ints b) { return vsubq_s32(a, b); }
  static Ints multiply(Ints a, Ints b) { return vmulq_s32(a, b); }
  static Ints smaller(Ints a, Ints b) { return vminq_s32(a, b); }
  static Ints larger(Ints a, Ints b) { return vmaxq_s32(a, b); }
  template <int bits>
  static Ints shift_right(Ints a) { return vshrq_n_s32(a, bits); }
  static Ints shift_right_each(Ints a, Ints bits) { return vshlq_s32(a, vnegq_s32(bits)); }
  static Ints both(Ints a, Ints b) { return vandq_s32(a, b); }
  static Ints first(Ints a, int count) {
    const std::int32_t index[width] = {0, 1, 2, 3};
    return vandq_s32(a, vreinterpretq_s32_u32(vcgtq_s32(vdupq_n_s32(count), vld1q_s32(index))));
  }
  static std::int32_t largest(Ints a) { return vmaxvq_s32(a); }
  static std::int32_t total(Ints a) { return vaddvq_s32(a); }
  static Ints lookup(const std::int16_t* table, Ints index) {
    std::int32_t of[width];
    vst1q_s32(of, index);
    for (int i = 0; i < width; ++i) of[i] = table[of[i]];
    return vld1q_s32(of);
  }

  static Floats load_floats(const float* from) { return vld1q_f32(from); }
  static Floats set_float(float value) { return vdupq_n_f32(value); }
  static Floats to_float(Ints a) { return vcvtq_f32_s32(a); }
  static Floats multiply(Floats a, Floats b) { return vmulq_f32(a, b); }
  static Floats smaller(Floats a, Floats b) { return vminq_f32(a, b); }
  static Floats larger(Floats a, Floats b) { return vmaxq_f32(a, b); }
  static Ints to_int(Floats a) { return vcvtnq_s32_f32(a); }

  static Wide zero_wide() { return vdupq_n_s64(0); }
  static Wide add_squares(Wide sum, Ints a) {
    return vmlal_high_s32(vmlal_s32(sum, vget_low_s32(a), vget_low_s32(a)), a, a);
  }
  static std::int64_t total_wide(Wide a) { return vaddvq_s64(a); }

  static Bytes load_bytes(const std::int8_t* from) { return vld1q_s8(from); }
  static Bytes repeat_bytes(const std::int8_t* from) {
    std::int32_t four;
    std::memcpy(&four, from, 4);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
  }
  static void store_bytes(std::int8_t* to, Ints a) {
    const int8x8_t bytes = vmovn_s16(vcombine_s16(vmovn_s32(a), vdup_n_s16(0)));
    const std::int32_t four = vget_lane_s32(vreinterpret_s32_s8(bytes), 0);
    std::memcpy(to, &four, 4);
  }
  static Ints dot(Ints sum, Bytes a, Bytes b) { return vdotq_s32(sum, a, b); }
  static Ints dot_positive(Ints sum, Bytes a, Bytes b) { return dot(sum, a, b); }
  static void prefetch(const std::int8_t* from) { __builtin_prefetch(from); }
};

}  // namespace
}  // namespace bytezip
