// What holds beyond one stream: the weights of the mixer and the maps from bit histories, expectations and forecasts to
// probabilities. It is gathered from a mixer that has seen much, and given to a new one, whose tables are empty. Three
// flat arrays; what stands where follows from the profile and from the list of experts, and belongs to the format.
// Knows: numbers.  Does not know: experts, files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "adaptive_probability.hpp"

namespace bytezip::experts {

struct Experience {
  std::vector<float> weights;
  std::vector<std::uint32_t> updates;        // of each weight vector, how often it was trained
  std::vector<std::uint32_t> probabilities;  // words of AdaptiveProbability
};

// Shown every lasting number of a mixer, in order.
class ExperienceVisitor {
 public:
  virtual ~ExperienceVisitor() = default;
  virtual void visit_weights(float* weights, std::size_t count) = 0;
  virtual void visit_updates(std::uint32_t* updates, std::size_t count) = 0;
  virtual void visit_probabilities(AdaptiveProbability* probabilities, std::size_t count) = 0;
};

class ExperienceGatherer final : public ExperienceVisitor {
 public:
  void visit_weights(float* weights, std::size_t count) override { gathered.weights.insert(gathered.weights.end(), weights, weights + count); }
  void visit_updates(std::uint32_t* updates, std::size_t count) override { gathered.updates.insert(gathered.updates.end(), updates, updates + count); }
  void visit_probabilities(AdaptiveProbability* probabilities, std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) gathered.probabilities.push_back(probabilities[i].word());
  }

  Experience gathered;
};

class ExperienceGiver final : public ExperienceVisitor {
 public:
  explicit ExperienceGiver(const Experience& given) : given_(given) {}

  void visit_weights(float* weights, std::size_t count) override { take(given_.weights, weights_, weights, count); }
  void visit_updates(std::uint32_t* updates, std::size_t count) override { take(given_.updates, updates_, updates, count); }
  void visit_probabilities(AdaptiveProbability* probabilities, std::size_t count) override {
    take(given_.probabilities, probabilities_, probabilities, count);
  }

  bool all_taken() const {
    return weights_ == given_.weights.size() && updates_ == given_.updates.size() && probabilities_ == given_.probabilities.size();
  }

 private:
  template <class From, class To>
  static void take(const std::vector<From>& from, std::size_t& at, To* to, std::size_t count) {
    if (count > from.size() - at) throw std::invalid_argument("the experience is of another profile");
    for (std::size_t i = 0; i < count; ++i) to[i] = To{from[at + i]};
    at += count;
  }

  const Experience& given_;
  std::size_t weights_ = 0;
  std::size_t updates_ = 0;
  std::size_t probabilities_ = 0;
};

}  // namespace bytezip::experts
