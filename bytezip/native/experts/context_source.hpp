// A family of contexts: hashes that it derives from a lane at the start of a byte.
// Knows: lanes, history.  Does not know: tables, probabilities.
#pragma once

#include <cstdint>

#include "history.hpp"
#include "lane.hpp"

namespace bytezip::experts {

inline std::uint32_t mix_hash(std::uint32_t a, std::uint32_t b) {
  const std::uint64_t product = (a ^ 0x9E3779B97F4A7C15ull) * (b * 2ull + 0xD6E8FEB86659FD93ull);
  return static_cast<std::uint32_t>(product ^ product >> 32);
}

inline std::uint32_t mix_hash(std::uint32_t a, std::uint32_t b, std::uint32_t c) { return mix_hash(mix_hash(a, b), c); }

class ContextSource {
 public:
  virtual ~ContextSource() = default;

  virtual int count() const = 0;

  // Whether its contexts are worth looking up at this place; where they are not, its inputs are 0.
  virtual bool wanted(const Lane&) const { return true; }

  // Writes count() hashes.
  virtual void write(const Lane& lane, const History& history, std::uint32_t* hashes) = 0;
};

}  // namespace bytezip::experts
