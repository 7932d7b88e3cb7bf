// Lanes that share one network and move in step: the predictor of the codec, without Python.
//
// Where there are other threads, they run steps ahead. While the bits of a byte are still to come, they run the next
// step of some lanes for the byte that is likeliest there; what was guessed wrong is run again, over it. Once the byte is
// known they begin with the rest, whoever updates what else there is. A step depends on its byte and on what was before,
// not on when it is run, so nothing of this changes a probability.
// Knows: lanes, bytes and bits, the split of lanes over threads.  Does not know: kernels, numpy.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "network.hpp"
#include "sharing.hpp"
#include "threads.hpp"

namespace bytezip {

class NetworkLanes {
 public:
  static constexpr int kMaxLanes = 1024;
  static constexpr int kMaxThreads = 256;

  // Throws std::invalid_argument for lanes outside 1..1024 or threads outside 1..256.
  NetworkLanes(std::shared_ptr<const Network> network, int lanes, int threads);
  ~NetworkLanes();

  int lanes() const { return lanes_; }
  int threads() const { return threads_; }

  void restart();

  // True where the next prediction has to run the network first.
  bool needs_step() const { return !stepped_; }
  bool at_byte() const { return known_bits_ == 0; }

  // probability: [lanes], that the next bit is 1, a multiple of 2^-24 strictly between 0 and 1.
  void predict(double* probability);
  // likeliest: [lanes], see likeliest_bytes, of the byte that the last prediction was about.
  void write_likeliest(std::uint32_t* likeliest);
  // [257], sums of the weights of the byte values below each, of the byte to come; valid until the next call.
  const std::uint32_t* weights(int lane);
  // bits: [lanes], each 0 or 1. A byte that was never predicted does not step the network: it becomes the input of the
  // next step, and no position is spent on it.
  void update(const std::int32_t* bits);
  // Bytes that nobody asked about: `last`, [lanes], becomes the input of the next step. Only at the start of a byte.
  void skip(const std::uint8_t* last);

  // Called with a range of steps whose probabilities are ready, in order, in the calling thread.
  using Consume = std::function<void(std::size_t from, std::size_t to)>;
  // What a replay writes: probability [steps][8][lanes]; likeliest [steps][lanes], or null.
  struct Said {
    double* probability;
    std::uint32_t* likeliest = nullptr;
  };
  // data: [steps][lanes]. Only at the start of a byte. While `consume` works on one stretch of steps, the other threads
  // run the next.
  void replay(const std::uint8_t* data, std::size_t steps, Said said, const Consume& consume);

 private:
  std::uint32_t* cumulative(int lane, int ahead = 0) {
    const auto bank = static_cast<std::size_t>(banks_[static_cast<std::size_t>(lane)] ^ ahead);
    return cumulative_.data() + (bank * static_cast<std::size_t>(lanes_) + static_cast<std::size_t>(lane)) * (kVocabulary + 1);
  }
  std::int8_t* cache(int lane) const;
  // task(0) .. task(threads - 1), side by side.
  void run(int threads, const std::function<void(int)>& task);
  Workers& workers();
  void step();
  // Of order_; from foreseen_ to the cumulative weights ahead.
  void step_lanes(std::size_t first, std::size_t next, Buffer& memory);
  void step_share(int thread);
  void guess();
  void share_out(bool others_begin);
  void settle(bool here);
  void forget();
  bool known(int lane) const;
  bool shares() const;
  std::size_t replay_stepped(const std::uint8_t* data, Said said);
  void replay_lane(int lane, Buffer& memory, const std::uint8_t* data, std::size_t start, std::size_t end, Said said);
  void write_step(int lane, const std::uint32_t* weights, int byte, std::size_t step, Said said) const;

  std::shared_ptr<const Network> network_;
  int lanes_;
  int threads_;
  std::size_t cache_bytes_;  // of one lane
  Buffer caches_;
  std::vector<std::uint32_t> cumulative_;  // [2][lanes][257]: of the present byte, and ahead
  std::vector<int> banks_;                 // [lanes]: which of the two is that of the present byte
  std::vector<int> tokens_;                // [lanes]: the input of the next step
  std::vector<int> prefixes_;              // [lanes]: the known bits of the present byte
  std::uint64_t position_ = 0;
  int known_bits_ = 0;
  bool stepped_ = false;  // cumulative_ is that of the present byte
  std::vector<std::unique_ptr<Buffer>> scratch_;  // of each thread

  // Steps that are run ahead, all at position_.
  std::vector<int> foreseen_;         // [lanes]: the input
  std::vector<std::uint8_t> ready_;   // [lanes]: its results are there
  std::vector<int> order_;            // lanes: the first own_ are this thread's, the others' are the rest
  std::vector<std::pair<double, int>> guesses_;
  std::size_t own_ = 0;
  bool shared_ = false;               // order_ has all lanes that lack results, with their true bytes
  bool offered_ = false;              // the others may be at work
  std::atomic<bool> abandoned_{false};
  Sharing sharing_;
  const std::function<void(int)> share_ = [this](int thread) { step_share(thread); };
  std::unique_ptr<Workers> workers_;  // the last member: it must end before what it works on
};

}  // namespace bytezip
