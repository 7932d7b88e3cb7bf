// Whether a lane stands in binary data: control characters that no text has are frequent there.
// Knows: bytes.  Does not know: contexts, file formats.
#pragma once

#include <cstdint>

namespace bytezip::experts {

class BinaryTracker {
 public:
  void absorb(std::uint8_t byte) {
    const bool control = byte < 9 || (byte >= 14 && byte < 32 && byte != 27) || byte == 255;
    controls_ += (control ? kHit : 0) - (controls_ >> kFading);
    binary_ = controls_ > (binary_ ? kLeave : kEnter);
  }

  bool binary() const { return binary_; }

 private:
  static constexpr std::uint32_t kHit = 1 << 16;
  static constexpr int kFading = 9;                    // memory of about 500 bytes
  static constexpr std::uint32_t kEnter = kHit * 16;   // hits
  static constexpr std::uint32_t kLeave = kHit * 6;

  std::uint32_t controls_ = 0;
  bool binary_ = false;
};

}  // namespace bytezip::experts
