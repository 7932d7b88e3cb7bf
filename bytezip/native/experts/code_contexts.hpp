// Contexts in machine code: the field that the next byte belongs to, what the instruction is so far, which ones came
// before, what stood last time in this field, and where else its address led.
// Knows: instructions, lanes.  Does not know: tables, probabilities.
#pragma once

#include <array>
#include <vector>

#include "context_source.hpp"
#include "instruction.hpp"

namespace bytezip::experts {

class CodeContexts final : public ContextSource {
 public:
  static constexpr int kCount = 17;

  explicit CodeContexts(int lanes) : operands_(std::size_t{1} << kOperandBits), targets_(std::size_t{1} << kTargetBits), places_(static_cast<std::size_t>(lanes)) {}

  int count() const override { return kCount; }

  void write(const Lane& lane, const History& history, std::uint32_t* hashes) override;

 private:
  static constexpr int kOperandBits = 18;
  static constexpr int kTargetBits = 18;
  static constexpr int kAddressBytes = 4;
  static constexpr int kKeys = 3;

  struct Place {  // of one lane
    std::array<std::uint32_t, 2> operand_cells{};
    std::array<std::uint32_t, kKeys * kAddressBytes> target_cells{};  // by what stands before, by the last target, by the last two
    std::array<std::uint32_t, 2> last_targets{};
    std::uint32_t end = 0;     // true offset behind the instruction, as far as an address is relative to it
    int address_bytes = -1;    // that had come of a relative address; -1 = not in one
  };

  void learn(Place& place, const Lane& lane);
  void enter_address(Place& place, const Lane& lane) const;
  std::uint32_t expected_address_byte(Place& place, const Lane& lane, int key, std::uint32_t told) const;

  std::vector<std::uint32_t> operands_;  // the last bytes that stood at such a place, the latest lowest
  std::vector<std::uint32_t> targets_;   // absolute ones, by their low bytes
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
