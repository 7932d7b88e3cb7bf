// A specialist whose inputs are hashed contexts of one family, in a table of its own, which is made where it first speaks:
// memory is for those who have such data.
// Knows: hashed contexts.  Does not know: the mixer, which data it is about.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "hashed_contexts.hpp"
#include "specialist.hpp"

namespace bytezip::experts {

// Contexts: a ContextSource that is made for a number of lanes, with kCount contexts.
template <class Contexts>
class HashedSpecialist : public Specialist {
 public:
  HashedSpecialist(int lanes, std::uint32_t lines) : lanes_(lanes), lines_(lines) {}

  int inputs() const final { return Contexts::kCount * HashedContexts::kInputs; }

  void begin_byte(Lane& lane, const History& history) final {
    if (contexts_ == nullptr) contexts_ = make();
    contexts_->begin_byte(lane, history);
  }

  void predict(Lane& lane, float* inputs) final { contexts_->predict(lane, inputs); }
  void update(Lane& lane, int bit) final { contexts_->update(lane, bit); }

 private:
  std::unique_ptr<HashedContexts> make() const {
    std::vector<std::unique_ptr<ContextSource>> sources;
    sources.push_back(std::make_unique<Contexts>(lanes_));
    return std::make_unique<HashedContexts>(std::move(sources), lanes_, lines_);
  }

  int lanes_;
  std::uint32_t lines_;
  std::unique_ptr<HashedContexts> contexts_;
};

}  // namespace bytezip::experts
