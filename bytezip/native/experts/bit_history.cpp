#include "bit_history.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <tuple>
#include <vector>

namespace bytezip::experts {
namespace {

constexpr int kExactBits = 4;                         // histories up to this length are kept as they were
constexpr int kBound[] = {47, 25, 13, 9, 7, 6};       // of the larger count, by the smaller one
constexpr int kLargestMinority = 5;

struct State {
  int total;   // bits seen, as far as the state tells; first, so that a larger state number means more was seen
  int zeros;
  int ones;
  int recent;  // the exact bits after a leading 1 while total <= kExactBits, later the last bit

  bool operator<(const State& other) const {
    return std::tie(total, zeros, ones, recent) < std::tie(other.total, other.zeros, other.ones, other.recent);
  }
};

// What is left of the count of the bit that did not come.
int contradicted(int count) { return count <= 3 ? count : count <= 5 ? 3 : count <= 9 ? 4 : count <= 20 ? 5 : 6; }

State successor(const State& state, int bit) {
  if (state.total < kExactBits)
    return {state.total + 1, state.zeros + (bit == 0), state.ones + (bit == 1), state.recent * 2 + bit};
  int same = (bit ? state.ones : state.zeros) + 1;
  int other = contradicted(bit ? state.zeros : state.ones);
  other = std::min(other, kLargestMinority + (same <= kLargestMinority));
  same = std::min(same, kBound[std::min(other, kLargestMinority)]);
  State after{same + other, bit ? other : same, bit ? same : other, bit};
  // A total that fell back into the exact range would be mistaken for an exact string.
  after.total = std::max(after.total, kExactBits + 1);
  return after;
}

}  // namespace

BitHistory::BitHistory() : next_{}, prior_{}, one_sided_{} {
  std::map<State, int> number;
  std::vector<State> frontier{{0, 0, 0, 1}};
  number[frontier.front()] = 0;
  while (!frontier.empty()) {
    const State state = frontier.back();
    frontier.pop_back();
    for (int bit = 0; bit < 2; ++bit)
      if (number.emplace(successor(state, bit), 0).second) frontier.push_back(successor(state, bit));
  }
  assert(number.size() <= 256);
  int states = 0;
  for (auto& entry : number) entry.second = states++;
  for (const auto& [state, index] : number) {
    for (int bit = 0; bit < 2; ++bit) next_[index][bit] = static_cast<std::uint8_t>(number.at(successor(state, bit)));
    one_sided_[index] = state.zeros == 0 || state.ones == 0;
    prior_[index] = static_cast<std::uint32_t>((state.ones * 2 + 1) * (std::int64_t{1} << 22) / (state.zeros * 2 + state.ones * 2 + 2));
  }
}

const BitHistory& BitHistory::tables() {
  static const BitHistory history;
  return history;
}

}  // namespace bytezip::experts
