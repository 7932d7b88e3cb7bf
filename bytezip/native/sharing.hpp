// Whether to share steps with other threads. Where the machine has other work, a thread that was given a share may not
// run for milliseconds, and who waits for it loses more than sharing ever wins: then nothing is shared for a while, which
// doubles each time. Times decide who computes, never what comes out.
// Knows: durations.  Does not know: threads, lanes.
#pragma once

#include <algorithm>

namespace bytezip {

class Sharing {
 public:
  bool pays() const { return resting_ == 0; }

  // A step begins.
  void next() { resting_ -= resting_ > 0; }

  // How long a step took that was shared, in microseconds: the least of them tells what this machine can do.
  void stepped(double took) { least_ = std::min(least_, took); }

  // How long the others were waited for.
  void waited(double took) {
    if (took <= kPatience * least_ + kSwitch) {
      if (++in_time_ < kCalm) return;
      late_ = 0;
      rest_ = kShortestRest;
      return;
    }
    in_time_ = 0;
    if (++late_ < kTooOften) return;
    late_ = 0;
    resting_ = rest_;
    rest_ = std::min(2 * rest_, kLongestRest);
  }

 private:
  static constexpr double kPatience = 4;      // steps
  static constexpr double kSwitch = 200;      // microseconds: to be woken, at worst, on a machine that has nothing else to do
  static constexpr int kTooOften = 2;         // times late, with fewer than kCalm in time in between
  static constexpr int kCalm = 256;           // waits in a row
  static constexpr int kShortestRest = 64;    // steps
  static constexpr int kLongestRest = 4096;   // a second or so

  double least_ = 1e6;
  int in_time_ = 0;
  int late_ = 0;
  int rest_ = kShortestRest;
  int resting_ = 0;
};

}  // namespace bytezip
