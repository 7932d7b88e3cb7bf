// The last n bytes: n = 1 to 6 and 8, or 2, 3, 4 and 6 for those in a hurry.
#pragma once

#include <vector>

#include "context_source.hpp"

namespace bytezip::experts {

class OrderContexts final : public ContextSource {
 public:
  explicit OrderContexts(bool few) : orders_(few ? std::vector<int>{2, 3, 4, 6} : std::vector<int>{1, 2, 3, 4, 5, 6, 8}) {}

  int count() const override { return static_cast<int>(orders_.size()); }

  void write(const Lane& lane, const History&, std::uint32_t* hashes) override {
    for (const int order : orders_) {
      const std::uint64_t bytes = order == 8 ? lane.recent : lane.recent & ((std::uint64_t{1} << (8 * order)) - 1);
      *hashes++ = mix_hash(static_cast<std::uint32_t>(bytes), static_cast<std::uint32_t>(bytes >> 32), order);
    }
  }

 private:
  std::vector<int> orders_;
};

}  // namespace bytezip::experts
