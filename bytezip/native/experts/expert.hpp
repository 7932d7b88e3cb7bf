// The interface of an expert: it sees every byte of every lane, and before each bit writes a fixed number of inputs for
// the mixer, in the logistic domain. One small file an expert, one line in expert_list.cpp; the order there belongs to
// the format.
// Knows: lanes, history.  Does not know: the other experts, the mixer.
#pragma once

#include "experience.hpp"
#include "history.hpp"
#include "lane.hpp"

namespace bytezip::experts {

class Expert {
 public:
  virtual ~Expert() = default;

  virtual int inputs() const = 0;

  // Specialists only: whether this place is of their kind.
  virtual bool wanted(const Lane&) const { return true; }

  // The lane is about to begin a byte, behind others that do: what the tables hold for it can be fetched.
  virtual void expect(const Lane&, const History&) {}

  // The lane stands at the start of a byte; what came before is absorbed and in the history.
  virtual void begin_byte(Lane& lane, const History& history) = 0;

  // Before each bit: the inputs of this lane.
  virtual void predict(Lane& lane, float* inputs) = 0;

  // After each bit, in lane order. lane.partial does not have the bit yet.
  virtual void update(Lane& lane, int bit) = 0;

  // What it learnt that holds for other streams too.
  virtual void show_experience(ExperienceVisitor&) {}
};

}  // namespace bytezip::experts
