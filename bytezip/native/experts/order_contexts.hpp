// The last n bytes, n = 1 .. 8 and a long one.
#pragma once

#include "context_source.hpp"

namespace bytezip::experts {

class OrderContexts final : public ContextSource {
 public:
  static constexpr int kCount = 7;
  static constexpr int kOrders[kCount] = {1, 2, 3, 4, 5, 6, 8};

  int count() const override { return kCount; }

  void write(const Lane& lane, const History&, std::uint32_t* hashes) override {
    for (const int order : kOrders) {
      const std::uint64_t bytes = order == 8 ? lane.recent : lane.recent & ((std::uint64_t{1} << (8 * order)) - 1);
      *hashes++ = mix_hash(static_cast<std::uint32_t>(bytes), static_cast<std::uint32_t>(bytes >> 32), order);
    }
  }
};

}  // namespace bytezip::experts
