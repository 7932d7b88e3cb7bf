// Lanes that share one network and move in step: the predictor of the codec, without Python.
// Knows: lanes, bytes and bits, the split of lanes over threads.  Does not know: kernels, numpy.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "network.hpp"
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
  void write_likeliest(std::uint32_t* likeliest) const;
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
  std::uint32_t* cumulative(int lane) { return cumulative_.data() + static_cast<std::size_t>(lane) * (kVocabulary + 1); }
  std::int8_t* cache(int lane) const;
  // task(0) .. task(threads - 1), side by side.
  void run(int threads, const std::function<void(int)>& task);
  void step();
  void step_lanes(int first, int next, Buffer& memory);
  std::size_t replay_stepped(const std::uint8_t* data, Said said);
  void replay_lane(int lane, Buffer& memory, const std::uint8_t* data, std::size_t start, std::size_t end, Said said);
  void write_step(int lane, const std::uint32_t* weights, int byte, std::size_t step, Said said) const;

  std::shared_ptr<const Network> network_;
  int lanes_;
  int threads_;
  std::size_t cache_bytes_;  // of one lane
  Buffer caches_;
  std::vector<std::uint32_t> cumulative_;  // [lanes][257]
  std::vector<int> tokens_;                // [lanes]: the input of the next step
  std::vector<int> prefixes_;              // [lanes]: the known bits of the present byte
  std::uint64_t position_ = 0;
  int known_bits_ = 0;
  bool stepped_ = false;  // cumulative_ is that of the present byte
  std::vector<std::unique_ptr<Buffer>> scratch_;  // of each thread
  std::unique_ptr<Workers> workers_;
};

}  // namespace bytezip
