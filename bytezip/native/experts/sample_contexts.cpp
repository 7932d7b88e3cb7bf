#include "sample_contexts.hpp"

#include <algorithm>
#include <cstdlib>

namespace bytezip::experts {
namespace {

struct Neighbours {
  int w, ww, www, n, nn, nw, ne, nne, p, wp, np;  // compass directions; p = the channel before
};

Neighbours read_neighbours(const History& history, std::size_t at, const SampleFormat& format) {
  const auto sample = [&](std::size_t back) { return read_sample(history, at - back, format); };
  const std::size_t stride = format.stride();
  const auto bytes = static_cast<std::size_t>(format.bytes);
  const std::size_t row = format.row != 0 ? format.row : 4 * stride;
  return {sample(stride), sample(2 * stride), sample(3 * stride), sample(row), sample(2 * row), sample(row + stride),
          sample(row - stride), sample(2 * row - stride), sample(bytes), sample(bytes + stride), sample(row + bytes)};
}

int clamped(int value, const SampleFormat& format) {
  return format.bytes == 1 ? std::clamp(value, 0, 255) : std::clamp(value, -32768, 32767);
}

std::uint32_t size_class(int difference) { return 32u - static_cast<std::uint32_t>(__builtin_clz(static_cast<std::uint32_t>(std::abs(difference)) * 2 + 1)); }

// What a forecast says of the byte to come, given the sample's first byte when that is known.
std::uint32_t foretold(int forecast, const Lane& lane, std::size_t index) {
  const SampleFormat& format = *lane.samples;
  if (format.bytes == 1) return static_cast<std::uint32_t>(forecast);
  const int first = lane.last(1);
  if (format.big_endian) {
    if (index == 0) return static_cast<std::uint32_t>((forecast + 32768) >> 5);
    const int high = first >= 128 ? first - 256 : first;
    return static_cast<std::uint32_t>(std::clamp(forecast - high * 256, -256, 511) + 256) | 1u << 16;
  }
  if (index == 0) return static_cast<std::uint32_t>(forecast & 0xFFF);
  const int high = (forecast - first + 128) >> 8;
  const int rest = forecast - (high * 256 + first);  // -128 .. 127
  return static_cast<std::uint32_t>((high & 255) << 4 | (rest + 128) >> 4) | 1u << 16;
}

}  // namespace

void SampleContexts::write(const Lane& lane, const History& history, std::uint32_t* hashes) {
  const SampleFormat& format = *lane.samples;
  const std::size_t index = (lane.position - static_cast<std::size_t>(format.phase)) % static_cast<std::size_t>(format.bytes);
  const Neighbours s = read_neighbours(history, lane.position - index, format);
  const int plane = clamped(s.w + s.n - s.nw, format);
  const auto fitted = [&](int i) { return static_cast<int>(forecasts_->centres()[static_cast<std::size_t>(i)] + 32768.5f) - 32768; };
  const int forecasts[kCount] = {
      fitted(0),
      fitted(1),
      s.w,
      2 * s.w - s.ww,
      3 * s.w - 3 * s.ww + s.www,
      s.n,
      plane,
      (s.w + s.ne) >> 1,
      (s.w + s.n) >> 1,
      s.w + s.p - s.wp,
      s.n + s.p - s.np,
      2 * s.n - s.nn,
      s.n + s.ne - s.nne,
      (3 * (s.w + s.n) - 2 * s.nw) >> 2,
      (s.w + s.ne + 2 * plane) >> 2,
      (s.w + s.n + s.p - s.wp + s.p - s.np) >> 1,
  };
  const auto channel = static_cast<std::uint32_t>(format.place(lane.position));
  const std::uint32_t roughness = size_class(s.w - s.n) / 2 * 8 + size_class(s.n - s.ne) / 2;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const std::uint32_t detail = i == 0 ? static_cast<std::uint32_t>(forecasts_->activity()) : i % 2 == 0 ? channel : roughness;
    *hashes++ = mix_hash(foretold(clamped(forecasts[i], format), lane, index), detail, i);
  }
}

}  // namespace bytezip::experts
