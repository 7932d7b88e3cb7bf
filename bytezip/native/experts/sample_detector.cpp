#include "sample_detector.hpp"

#include <algorithm>
#include <cstdlib>

namespace bytezip::experts {
namespace {

constexpr std::size_t kWindow = 4096;           // bytes of which the samples are compared
constexpr std::size_t kRowWindow = 1024;        // samples
constexpr std::size_t kLongestRow = 8192;       // bytes
constexpr std::size_t kLongestInterval = 16384;
constexpr std::size_t kDistant = 1031;          // samples to one that has nothing to do with this one
constexpr std::uint32_t kSmooth = 18;           // cost of a difference below which samples are samples, whatever else they are
constexpr std::size_t kShortestSteadyRow = 128;  // found twice, it is an image, and no accident
constexpr std::uint32_t kRepetitive = 20;       // percent
constexpr std::uint32_t kCostOfContexts = 36;   // of a byte that no context told, in the unit of costs
constexpr std::size_t kNotSoDistant = 509;      // the same where less is known
constexpr std::size_t kLeast = 2048;            // bytes before which nothing can be compared

// About 8 log2(1 + |difference|), the cost of coding a difference.
std::uint32_t cost(int difference) {
  const std::uint32_t size = static_cast<std::uint32_t>(std::abs(difference)) + 1;
  const int octave = 31 - __builtin_clz(size);
  return static_cast<std::uint32_t>(octave * 8) + ((size << 3 >> octave) & 7);
}

// The mean cost of a byte, of 1/8 bit, where each sample is told by the one `apart` bytes before it. Every other sample
// is counted apart, and the dearer half is what counts: two channels that are nearly the same would pass for one.
std::uint32_t mean_cost(const History& history, std::size_t end, const SampleFormat& format, std::size_t apart) {
  std::size_t at = end - kWindow / 4;
  at -= (at - static_cast<std::size_t>(format.phase)) % static_cast<std::size_t>(format.bytes);
  std::uint32_t sums[2] = {0, 0};
  std::uint32_t samples = 0;
  for (; at + 2 <= end && at >= apart; at += static_cast<std::size_t>(format.bytes), ++samples)
    sums[samples & 1] += cost(read_sample(history, at, format) - read_sample(history, at - apart, format));
  return samples == 0 ? 1024 : 2 * std::max(sums[0], sums[1]) / (samples * static_cast<std::uint32_t>(format.bytes));
}

// The same where each sample is told by the line through the two before it: what tells the channels of a sound apart
// that are nearly the same.
std::uint32_t mean_line_cost(const History& history, std::size_t end, const SampleFormat& format) {
  const std::size_t apart = format.stride();
  std::size_t at = end - kWindow / 4;
  at -= (at - static_cast<std::size_t>(format.phase)) % static_cast<std::size_t>(format.bytes);
  std::uint32_t sum = 0;
  std::uint32_t samples = 0;
  for (; at + 2 <= end && at >= 2 * apart; at += static_cast<std::size_t>(format.bytes), ++samples)
    sum += cost(read_sample(history, at, format) - 2 * read_sample(history, at - apart, format) + read_sample(history, at - 2 * apart, format));
  return samples == 0 ? 1024 : sum / (samples * static_cast<std::uint32_t>(format.bytes));
}

// The share of the last bytes, in percent, that a context of three bytes told: it stood there before, and was followed
// by the same byte the last time.
std::uint32_t repeated_share(const History& history, std::size_t end) {
  constexpr int kBits = 12;
  std::vector<int> followers(std::size_t{1} << kBits, -1);
  std::uint32_t repeated = 0;
  const std::size_t count = std::min(end / 2, kWindow);
  for (std::size_t at = std::max<std::size_t>(3, end - std::min(end, 2 * kWindow)); at < end; ++at) {
    const std::uint32_t last = static_cast<std::uint32_t>(history[at - 1]) << 16 | static_cast<std::uint32_t>(history[at - 2]) << 8 | history[at - 3];
    int& follower = followers[last * 0x9E3779B1u >> (32 - kBits)];
    repeated += at + count >= end && follower == history[at];
    follower = history[at];
  }
  return count == 0 ? 0 : repeated * 100 / static_cast<std::uint32_t>(count);
}

// Bytecode, machine code and records have neighbours that are near, too, but they repeat themselves: then contexts tell
// more than differences do. near: the mean cost of a difference.
bool repeats_rather(const History& history, std::size_t end, std::uint32_t near) {
  if (near < kSmooth) return false;
  const std::uint32_t repeated = repeated_share(history, end);
  return repeated >= kRepetitive && near * 100 > kCostOfContexts * (100 - repeated);
}

// The mean cost for pixels of several colours, whose changes go together: a change is told by that of the colour before.
std::uint32_t mean_colour_cost(const History& history, std::size_t end, std::size_t channels) {
  std::uint32_t sum = 0;
  for (std::size_t at = end - kWindow / 4; at < end; ++at)
    sum += cost((history[at] - history[at - channels]) - (history[at - 1] - history[at - 1 - channels]));
  return sum / (kWindow / 4);
}

std::uint64_t row_difference(const std::vector<int>& samples, std::size_t window, std::size_t apart) {
  std::uint64_t sum = 0;
  const std::size_t first = samples.size() - window;
  for (std::size_t i = 0; i < window; ++i) sum += static_cast<std::uint64_t>(std::abs(samples[first + i] - samples[first + i - apart]));
  return sum;
}

// The distance at which samples are nearest to those of the row above, if it stands out; in bytes.
std::size_t find_row(const History& history, std::size_t end, const SampleFormat& format) {
  const auto bytes = static_cast<std::size_t>(format.bytes);
  std::size_t count = std::min(end - 4, kLongestRow + kRowWindow * bytes) / bytes;
  std::size_t at = end - count * bytes;
  at -= (at - static_cast<std::size_t>(format.phase)) % bytes;
  std::vector<int> samples;
  for (std::size_t i = 0; i < count; ++i) samples.push_back(read_sample(history, at + i * bytes, format));
  const std::size_t window = std::min(kRowWindow, count / 2);
  const auto channels = static_cast<std::size_t>(format.channels);
  std::uint64_t sum = 0;
  std::uint64_t tried = 0;
  std::uint64_t best = ~std::uint64_t{0};
  std::size_t row = 0;
  for (std::size_t apart = 16 * channels; apart + window <= count; apart += channels, ++tried) {
    const std::uint64_t difference = row_difference(samples, window, apart);
    sum += difference;
    if (difference < best - best / 16) {
      best = difference;
      row = apart;
    }
  }
  return tried != 0 && best < sum / tried * 3 / 4 ? row * bytes : 0;
}

// Whether the bytes before `end` are printable, with blanks or ends of lines between them: letters are nearer to each other
// than other bytes are, and would pass for samples.
bool reads_as_text(const History& history, std::size_t end) {
  std::size_t blanks = 0;
  std::size_t printable = 0;
  for (std::size_t at = end - kWindow / 4; at < end; ++at) {
    const std::uint8_t byte = history[at];
    const bool blank = byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
    blanks += blank;
    printable += blank || (byte > ' ' && byte < 127);
  }
  return printable >= kWindow / 4 - kWindow / 256 && blanks >= kWindow / 512;
}

}  // namespace

void SampleDetector::look(const History& history, std::size_t end) {
  if (!header_read_ && end >= kHeaderBytes) {
    header_read_ = true;
    header_ = read_sample_header(history);
  }
  if (header_.format.bytes == 0 || end < header_.from || end >= header_.to) return search(history, end);
  format_ = header_.format;
}

void SampleDetector::search(const History& history, std::size_t end) {
  if (format_.origin != 0) format_ = SampleFormat{};  // what a header told has ended
  if (end < next_look_) return;
  next_look_ = end + std::min(end, kLongestInterval);
  const SampleFormat before = format_;
  format_ = SampleFormat{};
  if (end < kLeast || reads_as_text(history, end)) return;
  const std::size_t far = end < kWindow ? kNotSoDistant : kDistant;
  std::uint32_t best = 1024;
  for (const int bytes : {1, 2})
    for (const bool big_endian : {false, true})
      for (int phase = 0; phase < bytes; ++phase)
        for (int channels = 1; channels <= 4; ++channels) {
          if ((bytes == 1 && big_endian) || (bytes == 2 && channels > 2)) continue;
          const SampleFormat format{bytes, big_endian, phase, channels, 0, 0};
          std::uint32_t near = std::min(mean_cost(history, end, format, format.stride()), mean_line_cost(history, end, format));
          if (bytes == 1 && channels >= 3) near = std::min(near, mean_colour_cost(history, end, format.stride()));
          const std::uint32_t distant = mean_cost(history, end, format, far * static_cast<std::size_t>(bytes));
          if (near >= best || near * 4 > distant * 3 || near < 8) continue;
          best = near;
          format_ = format;
        }
  if (format_.bytes == 0) return;
  format_.row = find_row(history, end, format_);
  const bool steady = format_.row >= kShortestSteadyRow && format_.row == row_before_;
  row_before_ = format_.row;
  if (!steady && repeats_rather(history, end, best)) {
    format_ = SampleFormat{};
    return;
  }
  if (format_.row == 0 && before.stride() == format_.stride()) format_.row = before.row;
}

}  // namespace bytezip::experts
