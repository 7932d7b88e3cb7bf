// One caller at a time: work goes on while the GIL is released, and a second thread would corrupt what is worked on.
#pragma once

#include <atomic>
#include <stdexcept>

namespace bytezip {

class Claim {
 public:
  explicit Claim(std::atomic<bool>& busy) : busy_(busy) {
    if (busy_.exchange(true)) throw std::runtime_error("these lanes are in use by another thread");
  }
  ~Claim() { busy_ = false; }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

 private:
  std::atomic<bool>& busy_;
};

}  // namespace bytezip
