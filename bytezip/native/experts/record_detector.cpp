#include "record_detector.hpp"

#include <algorithm>

namespace bytezip::experts {
namespace {

constexpr std::size_t kWindow = 4096;   // bytes compared at each distance
constexpr std::size_t kLongest = 4096;  // distance
constexpr std::size_t kLongestInterval = 4096;
constexpr std::ptrdiff_t kTextBytes = 32;  // text has fewer control characters than one in so many bytes
constexpr std::size_t kShortestRow = 16;  // of a black and white image, in bytes

// Bytes of the background, the most frequent one, agree at any distance and do not count.
std::uint32_t agreements(const std::uint8_t* bytes, const std::uint8_t* counts, std::size_t count, std::size_t distance) {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < count; i += 128) {
    const std::size_t end = std::min(count, i + 128);
    std::uint8_t equal = 0;
    for (std::size_t j = i; j < end; ++j)
      equal = static_cast<std::uint8_t>(equal + ((bytes[j] == (bytes - distance)[j]) & counts[j]));
    total += equal;
  }
  return total;
}

// 1 for each byte that is not the most frequent one.
std::vector<std::uint8_t> foreground(const std::uint8_t* bytes, std::size_t count) {
  std::uint32_t frequency[256] = {};
  for (std::size_t i = 0; i < count; ++i) ++frequency[bytes[i]];
  const auto background = static_cast<std::uint8_t>(std::max_element(frequency, frequency + 256) - frequency);
  std::vector<std::uint8_t> counts(count);
  for (std::size_t i = 0; i < count; ++i) counts[i] = bytes[i] != background;
  return counts;
}

}  // namespace

void RecordDetector::look(const History& history, std::size_t end) {
  if (end < next_look_) return;
  next_look_ = end + std::min(end, kLongestInterval);
  const std::size_t window = std::min(kWindow, end / 2);
  const std::size_t longest = std::min(kLongest, end - window);
  std::vector<std::uint8_t> bytes(window + longest);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = history[end - bytes.size() + i];
  measure(bytes.data() + longest, window, longest);
  const auto plain = std::count_if(bytes.begin() + static_cast<std::ptrdiff_t>(longest), bytes.end(),
                                   [](std::uint8_t c) { return c == 0 || c == 255; });
  const auto window_size = static_cast<std::ptrdiff_t>(window);
  const auto controls = std::count_if(bytes.end() - window_size, bytes.end(), [](std::uint8_t c) { return c < 9 || c >= 248; });
  const bool bilevel = length_ >= kShortestRow && static_cast<std::size_t>(plain) * 8 > window * 3;
  const bool table = length_ != 0 && controls * kTextBytes > window_size;
  modality_ = bilevel ? Modality::kBilevel : table ? Modality::kTable : Modality::kGeneral;
}

void RecordDetector::measure(const std::uint8_t* bytes, std::size_t window, std::size_t longest) {
  const std::vector<std::uint8_t> counts = foreground(bytes, window);
  const auto informative = static_cast<std::uint32_t>(std::count(counts.begin(), counts.end(), 1));
  if (informative < window / 64) return;  // nothing but background: what was found before still holds
  std::uint64_t sum = 0;
  std::uint32_t best = 0;
  std::uint32_t current = 0;
  std::size_t best_distance = 0;
  for (std::size_t distance = 1; distance <= longest; ++distance) {
    const std::uint32_t count = agreements(bytes, counts.data(), window, distance);
    sum += count;
    if (distance == length_) current = count;
    // A multiple of the true length agrees about as well: a longer distance must be clearly better.
    if (count > best + best / 16 + window / 256) {
      best = count;
      best_distance = distance;
    }
  }
  const auto mean = static_cast<std::uint32_t>(sum / longest);
  const std::uint32_t threshold = mean + mean / 4 + informative / 16;
  const bool multiple = length_ != 0 && best_distance % length_ == 0;
  firm_ = current * 5 > informative * 2;
  if (length_ != 0 && current > threshold && (multiple || current >= best - best / 4)) return;
  length_ = best_distance > 1 && best > threshold ? static_cast<std::uint32_t>(best_distance) : 0;
  firm_ = length_ != 0 && best * 5 > informative * 2;
}

}  // namespace bytezip::experts
