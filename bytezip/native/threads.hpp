// Workers that are woken for one short task at a time, and the join at its end. Both sides spin for a moment, then
// sleep. The moment covers the gap between two steps; where waits last longer than that, it shrinks, so that on a busy
// machine nobody burns much.
// Knows: threads.  Does not know: what the task is.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace bytezip {

// One event that happens again and again: one side signals, the others wait for the condition it made true.
class Signal {
 public:
  // Call after making the condition true (sequentially consistent).
  void notify();
  // Returns once condition() is true.
  template <class Condition>
  void wait(Condition condition);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<int> sleepers_{0};
  std::atomic<int> spin_{40};  // microseconds before the next sleep
};

class Workers {
 public:
  explicit Workers(int count);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int count() const { return static_cast<int>(threads_.size()); }

  // Runs task(0) here and task(1) .. task(count) in the workers, or here, too, what none has begun by then; returns when
  // all are done. The task must not throw.
  void run(const std::function<void(int)>& task);

  // The two halves of it: offers task(1) .. task(count), which must live until settle. Then settle takes back what no
  // worker has begun, runs that where `here`, and returns when none of them is at work.
  void offer(const std::function<void(int)>& task);
  void settle(bool here);

  // False in a child of fork(), where the threads are not.
  bool alive() const;

 private:
  enum Claim { kFree, kOffered, kTaken };

  void work(int index);
  void stop();
  bool take(int index);

  std::vector<std::atomic<int>> claims_;  // of each worker's share of the task
  std::vector<std::thread> threads_;
  const std::function<void(int)>* task_ = nullptr;
  std::atomic<unsigned> started_{0};  // tasks so far
  std::atomic<bool> stopping_{false};
  Signal start_;
  Signal done_;
  long process_;
};

}  // namespace bytezip
