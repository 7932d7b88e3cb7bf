// The list of experts. Its order belongs to the format.
#pragma once

#include <memory>
#include <vector>

#include "expert.hpp"
#include "settings.hpp"
#include "specialist.hpp"

namespace bytezip::experts {

std::vector<std::unique_ptr<Expert>> make_experts(const Settings& settings);

// Contexts of what the network holds likeliest. Asked last, since what the network says of a byte is known later than the rest; null in the other profiles.
std::unique_ptr<Expert> make_likeliest(const Settings& settings);

// At most one of these speaks for a lane at a time, the first that wants to; they share their inputs of the mixer.
std::vector<std::unique_ptr<Specialist>> make_specialists(const Settings& settings);

// log2 of n, rounded up, within [low, high].
int size_bits(std::size_t n, int low, int high);

}  // namespace bytezip::experts
