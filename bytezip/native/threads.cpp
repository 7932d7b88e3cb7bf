#include "threads.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#if defined(__SSE__)
#include <immintrin.h>
#endif

namespace bytezip {
namespace {

void pause() {
#if defined(__SSE__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

// Of a wait. In decoding, the mixer takes 100 to 200 microseconds between two steps of the network, and to be woken from
// sleep costs about half of that.
constexpr int kLongestSpin = 300;  // microseconds
constexpr int kShortestSpin = 20;
constexpr int kPausesPerLook = 32;  // at the clock

}  // namespace

void Signal::notify() {
  if (sleepers_.load() == 0) return;
  { const std::lock_guard<std::mutex> lock(mutex_); }  // a waiter that counted itself is asleep once we have had this
  changed_.notify_all();
}

template <class Condition>
void Signal::wait(Condition condition) {
  const int spin = spin_.load(std::memory_order_relaxed);
  const auto start = std::chrono::steady_clock::now();
  const auto waited = [start] { return std::chrono::steady_clock::now() - start; };
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      if (condition()) return;
      pause();
    }
  } while (waited() < std::chrono::microseconds(spin));
  {
    std::unique_lock<std::mutex> lock(mutex_);
    ++sleepers_;
    changed_.wait(lock, condition);
    --sleepers_;
  }
  const bool worth_it = waited() < std::chrono::microseconds(kLongestSpin);
  spin_.store(worth_it ? kLongestSpin : std::max(kShortestSpin, spin / 2), std::memory_order_relaxed);
}

Workers::Workers(int count) : claims_(static_cast<std::size_t>(count)), process_(getpid()) {
  try {
    for (int index = 1; index <= count; ++index) threads_.emplace_back([this, index] { work(index); });
  } catch (...) {  // the system refused a thread: those that run must end before their memory does
    stop();
    throw;
  }
}

Workers::~Workers() { stop(); }

void Workers::stop() {
  stopping_ = true;
  ++started_;
  start_.notify();
  for (std::thread& thread : threads_) thread.join();
}

bool Workers::alive() const { return process_ == getpid(); }

bool Workers::take(int index) {
  int offered = kOffered;
  return claims_[static_cast<std::size_t>(index - 1)].compare_exchange_strong(offered, kTaken);
}

void Workers::run(const std::function<void(int)>& task) {
  offer(task);
  task(0);
  settle(true);
}

void Workers::offer(const std::function<void(int)>& task) {
  task_ = &task;
  for (std::atomic<int>& claim : claims_) claim = kOffered;
  ++started_;
  start_.notify();
}

// On a busy machine a worker may not come to it in time: its share is then done sooner here than waited for.
void Workers::settle(bool here) {
  for (int index = 1; index <= count(); ++index) {
    if (!take(index)) continue;
    if (here) (*task_)(index);
    claims_[static_cast<std::size_t>(index - 1)] = kFree;
  }
  done_.wait([this] { return std::all_of(claims_.begin(), claims_.end(), [](const auto& claim) { return claim == kFree; }); });
}

void Workers::work(int index) {
  for (unsigned seen = 0;;) {
    start_.wait([&] { return started_.load() != seen; });
    seen = started_.load();
    if (stopping_) return;
    if (!take(index)) continue;
    (*task_)(index);
    claims_[static_cast<std::size_t>(index - 1)] = kFree;
    done_.notify();
  }
}

}  // namespace bytezip
