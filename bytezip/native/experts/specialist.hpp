// The interface of a specialist: an expert for one kind of data, which speaks only where its kind is found. Besides its
// inputs it names weight vectors of its own, chosen by what only it knows of the place.
// Knows: experts.  Does not know: the mixer, the other specialists.
#pragma once

#include <array>

#include "expert.hpp"

namespace bytezip::experts {

constexpr int kSpecialistSets = 4;  // weight sets of each specialist
constexpr float kSpecialistWeight = 0.02f;  // with which its inputs begin

class Specialist : public Expert {
 public:
  // Vectors in each of its sets.
  virtual std::array<int, kSpecialistSets> set_sizes() const = 0;

  // After predict, before each bit: the vector of each set.
  virtual void select(const Lane& lane, int* selected) const = 0;
};

}  // namespace bytezip::experts
