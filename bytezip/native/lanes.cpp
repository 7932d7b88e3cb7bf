#include "lanes.hpp"

#include <algorithm>
#include <stdexcept>

#include "bit.hpp"
#include "float_state.hpp"

namespace bytezip {
namespace {

constexpr double kUnit = 1.0 / (1 << 24);

int within(int value, int largest, const char* rule) {
  if (value < 1 || value > largest) throw std::invalid_argument(rule);
  return value;
}

std::size_t lane_cache_bytes(const Network& network) {
  const Shape& shape = network.model().shape;
  return static_cast<std::size_t>(shape.num_layers) * static_cast<std::size_t>(shape.num_key_value_heads) *
         CacheLayout(shape, network.path().width).head_bytes();
}

}  // namespace

NetworkLanes::NetworkLanes(std::shared_ptr<const Network> network, int lanes, int threads)
    : network_(std::move(network)),
      lanes_(within(lanes, kMaxLanes, "lanes must be from 1 to 1024")),
      threads_(std::min(within(threads, kMaxThreads, "threads must be from 1 to 256"), lanes)),
      cache_bytes_(lane_cache_bytes(*network_)),
      caches_(cache_bytes_ * static_cast<std::size_t>(lanes)),
      cumulative_(static_cast<std::size_t>(lanes) * (kVocabulary + 1)),
      tokens_(static_cast<std::size_t>(lanes)),
      prefixes_(static_cast<std::size_t>(lanes)) {
  for (int i = 0; i < threads_; ++i)
    slices_.push_back({lanes_ * i / threads_, lanes_ * (i + 1) / threads_, std::make_unique<Buffer>(sizeof(Scratch))});
  restart();
}

NetworkLanes::~NetworkLanes() {
  if (workers_ && !workers_->alive()) (void)workers_.release();  // a forked child must not join its parent's threads
}

void NetworkLanes::restart() {
  std::fill(tokens_.begin(), tokens_.end(), kStartToken);
  std::fill(prefixes_.begin(), prefixes_.end(), 0);
  position_ = 0;
  known_bits_ = 0;
  stepped_ = false;
}

std::int8_t* NetworkLanes::cache(int lane) const {
  return reinterpret_cast<std::int8_t*>(caches_.data()) + static_cast<std::size_t>(lane) * cache_bytes_;
}

void NetworkLanes::run(const std::function<void(int)>& task) {
  const auto exact = [&](int slice) {
    const DefaultFloatState float_state;
    task(slice);
  };
  if (threads_ == 1) return exact(0);
  if (workers_ && !workers_->alive()) (void)workers_.release();
  if (!workers_) workers_ = std::make_unique<Workers>(threads_ - 1);
  workers_->run(exact);
}

void NetworkLanes::step() {
  run([this](int slice) { step_slice(slices_[static_cast<std::size_t>(slice)]); });
  ++position_;
  stepped_ = true;
}

void NetworkLanes::step_slice(const Slice& slice) {
  auto& scratch = *reinterpret_cast<Scratch*>(slice.scratch->data());
  Column columns[kMaxColumns];
  for (int first = slice.first; first < slice.next; first += kMaxColumns) {
    const int count = std::min(kMaxColumns, slice.next - first);
    for (int c = 0; c < count; ++c)
      columns[c] = {cache(first + c), position_, tokens_[static_cast<std::size_t>(first + c)], cumulative(first + c)};
    network_->path().advance(network_->model(), scratch, columns, count);
  }
}

void NetworkLanes::predict(double* probability) {
  if (!stepped_) step();
  for (int lane = 0; lane < lanes_; ++lane)
    probability[lane] = bit_probability(cumulative(lane), prefixes_[static_cast<std::size_t>(lane)], known_bits_) * kUnit;
}

void NetworkLanes::update(const std::int32_t* bits) {
  for (int lane = 0; lane < lanes_; ++lane)
    if (bits[lane] != 0 && bits[lane] != 1) throw std::invalid_argument("a bit must be 0 or 1");
  for (int lane = 0; lane < lanes_; ++lane) {
    int& prefix = prefixes_[static_cast<std::size_t>(lane)];
    prefix = 2 * prefix + bits[lane];
  }
  if (++known_bits_ < 8) return;
  tokens_ = prefixes_;
  std::fill(prefixes_.begin(), prefixes_.end(), 0);
  known_bits_ = 0;
  stepped_ = false;
}

void NetworkLanes::write_row(int lane, const std::uint32_t* weights, int byte, double* probability) const {
  for (int known = 0; known < 8; ++known)
    probability[known * lanes_ + lane] = bit_probability(weights, byte >> (8 - known), known) * kUnit;
}

// All positions of a batch go through a layer together: what a lane reads of its own batch it has stored before.
void NetworkLanes::replay_slice(const Slice& slice, const std::uint8_t* data, std::size_t steps, double* probability) {
  auto& scratch = *reinterpret_cast<Scratch*>(slice.scratch->data());
  const auto width = static_cast<std::size_t>(lanes_);
  const std::size_t row = 8 * width;
  std::uint32_t weights[kMaxColumns][kVocabulary + 1];
  Column columns[kMaxColumns];
  for (int first = slice.first; first < slice.next; first += kMaxColumns) {
    const int lanes = std::min(kMaxColumns, slice.next - first);
    const auto batch = static_cast<std::size_t>(kMaxColumns / lanes);
    for (std::size_t start = 0; start < steps; start += batch) {
      const std::size_t end = std::min(steps, start + batch);
      int count = 0;
      for (std::size_t t = start; t < end; ++t)
        for (int lane = first; lane < first + lanes; ++lane, ++count) {
          const int token = t == 0 ? tokens_[static_cast<std::size_t>(lane)] : data[(t - 1) * width + static_cast<std::size_t>(lane)];
          columns[count] = {cache(lane), position_ + t, token, weights[count]};
        }
      network_->path().advance(network_->model(), scratch, columns, count);
      count = 0;
      for (std::size_t t = start; t < end; ++t)
        for (int lane = first; lane < first + lanes; ++lane, ++count)
          write_row(lane, weights[count], data[t * width + static_cast<std::size_t>(lane)], probability + t * row);
    }
  }
}

void NetworkLanes::replay(const std::uint8_t* data, std::size_t steps, double* probability) {
  if (known_bits_ != 0) throw std::invalid_argument("replay must begin at the first bit of a byte");
  if (steps == 0) return;
  const auto width = static_cast<std::size_t>(lanes_);
  if (stepped_) {  // a prediction has run the network for the first row already
    for (int lane = 0; lane < lanes_; ++lane) write_row(lane, cumulative(lane), data[lane], probability);
    tokens_.assign(data, data + width);
    data += width;
    probability += 8 * width;
    --steps;
    stepped_ = false;
    if (steps == 0) return;
  }
  run([&](int slice) { replay_slice(slices_[static_cast<std::size_t>(slice)], data, steps, probability); });
  tokens_.assign(data + (steps - 1) * width, data + steps * width);
  position_ += steps;
}

}  // namespace bytezip
