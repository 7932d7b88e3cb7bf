// Vectors for any machine, in plain loops. This file is the definition of each operation; the others equal it.
// Everything has internal linkage: a file compiled for a newer CPU must not lend its functions to an older one.
#pragma once

#include <cfloat>
#include <cstdint>
#include <cstring>

namespace bytezip {
namespace {

static_assert(FLT_EVAL_METHOD == 0, "a float operation must round to float");

struct PortableVector {
  static constexpr int width = 8;  // int32 elements
  static constexpr int bias = 0;   // added to activations and keys
  static constexpr int square_bias = -128;  // added to bytes that have no sign; with their bias all are left operands of dot
  static constexpr int max_columns = 4;  // of one pass over the rows
  static constexpr int row_tile = 1;     // blocks of rows of one pass
  // Independent sums for each result, to hide the latency of dot where there are few columns.
  static constexpr int chains(int columns) { return columns <= 2 ? 1 : 1; }

  struct Ints { std::int32_t of[width]; };
  struct Floats { float of[width]; };
  struct Bytes { std::int8_t of[width][4]; };
  struct Wide { std::int64_t of[width]; };

  template <class Result, class Function>
  static Result each(Function function) {
    Result result;
    for (int i = 0; i < width; ++i) result.of[i] = function(i);
    return result;
  }

  static Ints load(const std::int32_t* from) {
    Ints a;
    std::memcpy(&a, from, sizeof a);
    return a;
  }
  static void store(std::int32_t* to, Ints a) { std::memcpy(to, &a, sizeof a); }
  static Ints set(std::int32_t value) { return each<Ints>([=](int) { return value; }); }
  static Ints add(Ints a, Ints b) { return each<Ints>([&](int i) { return a.of[i] + b.of[i]; }); }
  static Ints subtract(Ints a, Ints b) { return each<Ints>([&](int i) { return a.of[i] - b.of[i]; }); }
  static Ints multiply(Ints a, Ints b) { return each<Ints>([&](int i) { return a.of[i] * b.of[i]; }); }
  static Ints smaller(Ints a, Ints b) { return each<Ints>([&](int i) { return a.of[i] < b.of[i] ? a.of[i] : b.of[i]; }); }
  static Ints larger(Ints a, Ints b) { return each<Ints>([&](int i) { return a.of[i] > b.of[i] ? a.of[i] : b.of[i]; }); }

  // Arithmetic shift, rounding down; C++17 leaves >> of a negative number to the compiler, and all we build with do this.
  template <int bits>
  static Ints shift_right(Ints a) { return each<Ints>([&](int i) { return a.of[i] >> bits; }); }

  // The first `count` elements, zero in the others.
  static Ints first(Ints a, int count) { return each<Ints>([&](int i) { return i < count ? a.of[i] : 0; }); }

  static std::int32_t largest(Ints a) {
    std::int32_t result = a.of[0];
    for (int i = 1; i < width; ++i) result = a.of[i] > result ? a.of[i] : result;
    return result;
  }
  static std::int32_t total(Ints a) {
    std::int32_t result = 0;
    for (int i = 0; i < width; ++i) result += a.of[i];
    return result;
  }

  static Ints shift_right_each(Ints a, Ints bits) { return each<Ints>([&](int i) { return a.of[i] >> bits.of[i]; }); }
  static Ints both(Ints a, Ints b) { return each<Ints>([&](int i) { return a.of[i] & b.of[i]; }); }

  // table[index], index in 0..255, entries not negative.
  static Ints lookup(const std::int16_t* table, Ints index) {
    return each<Ints>([&](int i) { return std::int32_t{table[index.of[i]]}; });
  }

  static Floats load_floats(const float* from) {
    Floats a;
    std::memcpy(&a, from, sizeof a);
    return a;
  }
  static Floats set_float(float value) { return each<Floats>([=](int) { return value; }); }
  static Floats to_float(Ints a) { return each<Floats>([&](int i) { return static_cast<float>(a.of[i]); }); }
  static Floats multiply(Floats a, Floats b) { return each<Floats>([&](int i) { return a.of[i] * b.of[i]; }); }
  static Floats smaller(Floats a, Floats b) { return each<Floats>([&](int i) { return a.of[i] < b.of[i] ? a.of[i] : b.of[i]; }); }
  static Floats larger(Floats a, Floats b) { return each<Floats>([&](int i) { return a.of[i] > b.of[i] ? a.of[i] : b.of[i]; }); }

  // Rounds half to even, |a| <= 2^23: floats from 2^23 to 2^24 are the integers, so the sum is rounded to one of them.
  static Ints to_int(Floats a) {
    constexpr float kIntegers = 8388608.0f;  // 2^23
    return each<Ints>([&](int i) {
      const float shift = a.of[i] < 0.0f ? -kIntegers : kIntegers;
      return static_cast<std::int32_t>((a.of[i] + shift) - shift);
    });
  }

  static Wide zero_wide() { return Wide{}; }
  static Wide add_squares(Wide sum, Ints a) {
    return each<Wide>([&](int i) { return sum.of[i] + std::int64_t{a.of[i]} * a.of[i]; });
  }
  static std::int64_t total_wide(Wide a) {
    std::int64_t result = 0;
    for (int i = 0; i < width; ++i) result += a.of[i];
    return result;
  }

  static Bytes load_bytes(const std::int8_t* from) {
    Bytes a;
    std::memcpy(&a, from, sizeof a);
    return a;
  }
  // The same four bytes in every element.
  static Bytes repeat_bytes(const std::int8_t* from) {
    Bytes a;
    for (int i = 0; i < width; ++i) std::memcpy(a.of[i], from, 4);
    return a;
  }
  // The low byte of each element.
  static void store_bytes(std::int8_t* to, Ints a) {
    for (int i = 0; i < width; ++i) to[i] = static_cast<std::int8_t>(static_cast<std::uint8_t>(a.of[i]));
  }
  // sum + a . b over the four bytes of each element; a carries a bias, b does not and is -127..127.
  // Products and sums of two of them fit in 16 bits, which any machine with vectors multiplies; compilers do not find that.
  static Ints dot(Ints sum, Bytes a, Bytes b) {
    Halves even_a, odd_a, even_b, odd_b;
    split(a, even_a, odd_a);
    split(b, even_b, odd_b);
    const Halves pairs = even_a * even_b + odd_a * odd_b;
    const Words low = (Words)((UnsignedWords)pairs << 16) >> 16;
    const Words high = (Words)pairs >> 16;
    Words sums;
    std::memcpy(&sums, &sum, sizeof sums);
    sums += low + high;
    std::memcpy(&sum, &sums, sizeof sum);
    return sum;
  }
  // As dot, of bytes a that are 0..127 (and carry no bias).
  static Ints dot_positive(Ints sum, Bytes a, Bytes b) { return dot(sum, a, b); }
  static void prefetch(const std::int8_t*) {}

 private:
  typedef std::int16_t Halves __attribute__((vector_size(4 * width)));
  typedef std::uint16_t UnsignedHalves __attribute__((vector_size(4 * width)));
  typedef std::int32_t Words __attribute__((vector_size(4 * width)));
  typedef std::uint32_t UnsignedWords __attribute__((vector_size(4 * width)));

  // The bytes with their signs, every second one each. Not returned: how vectors are depends on the machine.
  static void split(const Bytes& bytes, Halves& even, Halves& odd) {
    UnsignedHalves halves;
    std::memcpy(&halves, &bytes, sizeof halves);
    even = (Halves)(halves << 8) >> 8;
    odd = (Halves)halves >> 8;
  }
};

}  // namespace
}  // namespace bytezip
