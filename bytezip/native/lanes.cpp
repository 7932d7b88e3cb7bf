#include "lanes.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>

#include "bit.hpp"
#include "float_state.hpp"
#include "likeliest.hpp"

namespace bytezip {
namespace {

constexpr double kUnit = 1.0 / (1 << 24);
constexpr std::size_t kGuesses = 2;  // lanes that a thread runs ahead: what it can while the mixer has its turn
constexpr double kLikely = 0.5;      // what the likeliest byte must have for a guess
constexpr std::size_t kStretch = 64;  // steps that the network runs ahead of who consumes its probabilities

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point began) { return std::chrono::duration<double, std::micro>(Clock::now() - began).count(); }

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
      threads_(std::min(within(threads, kMaxThreads, "threads must be from 1 to 256"), lanes + 1)),
      cache_bytes_(lane_cache_bytes(*network_)),
      caches_(cache_bytes_ * static_cast<std::size_t>(lanes)),
      cumulative_(2 * static_cast<std::size_t>(lanes) * (kVocabulary + 1)),
      banks_(static_cast<std::size_t>(lanes)),
      tokens_(static_cast<std::size_t>(lanes)),
      prefixes_(static_cast<std::size_t>(lanes)),
      foreseen_(static_cast<std::size_t>(lanes)),
      ready_(static_cast<std::size_t>(lanes)) {
  for (int i = 0; i < threads_; ++i) {
    scratch_.push_back(std::make_unique<Buffer>(sizeof(Scratch)));
    reinterpret_cast<Scratch*>(scratch_.back()->data())->abandoned = &abandoned_;
  }
  restart();
}

NetworkLanes::~NetworkLanes() {
  if (workers_ && !workers_->alive()) (void)workers_.release();  // a forked child must not join its parent's threads
}

void NetworkLanes::restart() {
  forget();
  std::fill(tokens_.begin(), tokens_.end(), kStartToken);
  std::fill(prefixes_.begin(), prefixes_.end(), 0);
  position_ = 0;
  known_bits_ = 0;
  stepped_ = false;
}

std::int8_t* NetworkLanes::cache(int lane) const {
  return reinterpret_cast<std::int8_t*>(caches_.data()) + static_cast<std::size_t>(lane) * cache_bytes_;
}

void NetworkLanes::run(int threads, const std::function<void(int)>& task) {
  const auto exact = [&](int thread) {
    const DefaultFloatState float_state;
    if (thread < threads) task(thread);
  };
  if (threads == 1) return exact(0);  // to wake others for nothing costs more than a step, where the machine is busy
  workers().run(exact);
}

Workers& NetworkLanes::workers() {
  if (workers_ && !workers_->alive()) (void)workers_.release();
  if (!workers_) workers_ = std::make_unique<Workers>(threads_ - 1);
  return *workers_;
}

void NetworkLanes::step() {
  const auto began = Clock::now();
  if (!shared_) share_out(false);
  const bool with_others = offered_;
  share_(0);
  settle(true);
  if (with_others) sharing_.stepped(microseconds_since(began));
  sharing_.next();
  for (int& bank : banks_) bank ^= 1;
  shared_ = false;
  ++position_;
  stepped_ = true;
  std::fill(ready_.begin(), ready_.end(), std::uint8_t{0});
  if (shares()) guess();
}

bool NetworkLanes::shares() const { return threads_ > 1 && sharing_.pays(); }

bool NetworkLanes::known(int lane) const {
  const auto i = static_cast<std::size_t>(lane);
  return ready_[i] != 0 && foreseen_[i] == tokens_[i];
}

// Offers the steps of the lanes that are surest, for their likeliest bytes.
void NetworkLanes::guess() {
  guesses_.clear();
  for (int lane = 0; lane < lanes_; ++lane) {
    const std::uint32_t* const weights = cumulative(lane);
    std::uint32_t most = 0;
    for (int byte = 0; byte < kVocabulary; ++byte) most = std::max(most, weights[byte + 1] - weights[byte]);
    const double share = static_cast<double>(most) / weights[kVocabulary];
    if (share < kLikely) continue;
    int byte = 0;
    while (weights[byte + 1] - weights[byte] != most) ++byte;
    foreseen_[static_cast<std::size_t>(lane)] = byte;
    guesses_.emplace_back(share, lane);
  }
  std::sort(guesses_.rbegin(), guesses_.rend());
  const std::size_t count = std::min(guesses_.size(), kGuesses * static_cast<std::size_t>(threads_ - 1));
  if (count == 0) return;
  order_.clear();
  for (std::size_t i = 0; i < count; ++i) order_.push_back(guesses_[i].second);
  own_ = 0;
  offered_ = true;
  workers().offer(share_);
}

// Divides the steps that are still to be run, with the bytes as they are, and offers the others theirs.
// others_begin: this thread has something else to do first.
void NetworkLanes::share_out(bool others_begin) {
  if (offered_ && std::none_of(order_.begin(), order_.end(), [&](int lane) {
        return foreseen_[static_cast<std::size_t>(lane)] == tokens_[static_cast<std::size_t>(lane)];
      }))
    abandoned_ = true;
  settle(false);
  order_.clear();
  for (int lane = 0; lane < lanes_; ++lane) {
    if (known(lane)) continue;
    order_.push_back(lane);
    foreseen_[static_cast<std::size_t>(lane)] = tokens_[static_cast<std::size_t>(lane)];
    ready_[static_cast<std::size_t>(lane)] = 0;
  }
  const std::size_t lanes = order_.size();
  const auto threads = static_cast<std::size_t>(threads_);
  own_ = !shares() ? lanes : others_begin ? lanes / std::min(threads, lanes + 1) : (lanes + threads - 1) / threads;
  shared_ = true;
  if (own_ == order_.size()) return;  // to wake others for nothing costs more than a step, where the machine is busy
  offered_ = true;
  workers().offer(share_);
}

// The others are not at work any more. here: what they have not begun is done here; otherwise it is left.
void NetworkLanes::settle(bool here) {
  if (offered_ && workers_->alive()) {
    const auto began = Clock::now();
    workers_->settle(here);
    sharing_.waited(microseconds_since(began));
  }
  if (offered_ && !workers_->alive()) {  // in a forked child, which has their memory, but not them
    std::fill(ready_.begin(), ready_.end(), std::uint8_t{0});
    for (int thread = 1; here && thread < threads_; ++thread) share_(thread);
  }
  offered_ = false;
  abandoned_ = false;
}

// What was run ahead is of no use: other bytes came in between.
void NetworkLanes::forget() {
  abandoned_ = true;
  settle(false);
  std::fill(ready_.begin(), ready_.end(), std::uint8_t{0});
  shared_ = false;
}

void NetworkLanes::step_share(int thread) {
  const DefaultFloatState float_state;
  const auto from = [&](int worker) {
    return own_ + (order_.size() - own_) * static_cast<std::size_t>(worker - 1) / static_cast<std::size_t>(threads_ - 1);
  };
  const std::size_t first = thread == 0 ? 0 : from(thread);
  const std::size_t next = thread == 0 ? own_ : from(thread + 1);
  step_lanes(first, next, *scratch_[static_cast<std::size_t>(thread)]);
}

void NetworkLanes::step_lanes(std::size_t first, std::size_t next, Buffer& memory) {
  auto& scratch = *reinterpret_cast<Scratch*>(memory.data());
  Column columns[kMaxColumns];
  for (; first < next; first += kMaxColumns) {
    const std::size_t count = std::min<std::size_t>(kMaxColumns, next - first);
    for (std::size_t c = 0; c < count; ++c) {
      const int lane = order_[first + c];
      columns[c] = {cache(lane), position_, foreseen_[static_cast<std::size_t>(lane)], cumulative(lane, 1)};
    }
    network_->path().advance(network_->model(), scratch, columns, static_cast<int>(count));
    if (abandoned_) return;
    for (std::size_t c = 0; c < count; ++c) ready_[static_cast<std::size_t>(order_[first + c])] = 1;
  }
}

void NetworkLanes::predict(double* probability) {
  if (!stepped_) step();
  for (int lane = 0; lane < lanes_; ++lane)
    probability[lane] = bit_probability(cumulative(lane), prefixes_[static_cast<std::size_t>(lane)], known_bits_) * kUnit;
}

const std::uint32_t* NetworkLanes::weights(int lane) {
  if (!stepped_) step();
  return cumulative(lane);
}

void NetworkLanes::write_likeliest(std::uint32_t* likeliest) {
  for (int lane = 0; lane < lanes_; ++lane) likeliest[lane] = likeliest_bytes(cumulative(lane));
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
  if (stepped_ && threads_ > 1)
    share_out(true);
  else
    forget();
  stepped_ = false;
}

void NetworkLanes::write_step(int lane, const std::uint32_t* weights, int byte, std::size_t step, Said said) const {
  const auto width = static_cast<std::size_t>(lanes_);
  double* const probability = said.probability + step * 8 * width;
  for (int known = 0; known < 8; ++known)
    probability[known * lanes_ + lane] = bit_probability(weights, byte >> (8 - known), known) * kUnit;
  if (said.likeliest != nullptr) said.likeliest[step * width + static_cast<std::size_t>(lane)] = likeliest_bytes(weights);
}

void NetworkLanes::skip(const std::uint8_t* last) {
  if (known_bits_ != 0) throw std::invalid_argument("only whole bytes can be skipped");
  forget();
  tokens_.assign(last, last + lanes_);
  stepped_ = false;
}

// All positions of a batch go through a layer together: what a lane reads of its own batch it has stored before.
void NetworkLanes::replay_lane(int lane, Buffer& memory, const std::uint8_t* data, std::size_t start, std::size_t end,
                               Said said) {
  auto& scratch = *reinterpret_cast<Scratch*>(memory.data());
  const auto width = static_cast<std::size_t>(lanes_);
  std::uint32_t weights[kMaxColumns][kVocabulary + 1];
  Column columns[kMaxColumns];
  data += lane;
  for (; start < end; start += kMaxColumns) {
    const int count = static_cast<int>(std::min<std::size_t>(kMaxColumns, end - start));
    for (int c = 0; c < count; ++c) {
      const std::size_t t = start + static_cast<std::size_t>(c);
      const int token = t == 0 ? tokens_[static_cast<std::size_t>(lane)] : data[(t - 1) * width];
      columns[c] = {cache(lane), position_ + t, token, weights[c]};
    }
    network_->path().advance(network_->model(), scratch, columns, count);
    for (int c = 0; c < count; ++c) {
      const std::size_t t = start + static_cast<std::size_t>(c);
      write_step(lane, weights[c], data[t * width], t, said);
    }
  }
}

// The row of the first step, where a prediction has run the network for it already; returns how many steps that was.
std::size_t NetworkLanes::replay_stepped(const std::uint8_t* data, Said said) {
  if (!stepped_) return 0;
  for (int lane = 0; lane < lanes_; ++lane) write_step(lane, cumulative(lane), data[lane], 0, said);
  tokens_.assign(data, data + lanes_);
  stepped_ = false;
  return 1;
}

void NetworkLanes::replay(const std::uint8_t* data, std::size_t steps, Said said, const Consume& consume) {
  if (known_bits_ != 0) throw std::invalid_argument("replay must begin at the first bit of a byte");
  if (steps == 0) return;
  forget();
  const auto width = static_cast<std::size_t>(lanes_);
  const std::size_t done = replay_stepped(data, said);
  const std::uint8_t* rest = data + done * width;
  const Said rest_said{said.probability + done * 8 * width, said.likeliest == nullptr ? nullptr : said.likeliest + done * width};
  std::size_t ready = 0;  // steps of the rest that can be consumed
  std::size_t consumed = 0;
  for (std::size_t end = std::min(kStretch, steps - done); consumed < steps; end = std::min(end + kStretch, steps - done)) {
    std::atomic<int> next_lane{0};
    run(threads_, [&](int thread) {
      if (thread == 0 && ready + done > consumed) consume(consumed, ready + done);
      for (int lane; ready < end && (lane = next_lane++) < lanes_;)
        replay_lane(lane, *scratch_[static_cast<std::size_t>(thread)], rest, ready, end, rest_said);
    });
    consumed = ready + done;
    ready = end;
  }
  tokens_.assign(data + (steps - 1) * width, data + steps * width);
  position_ += steps - done;
}

}  // namespace bytezip
