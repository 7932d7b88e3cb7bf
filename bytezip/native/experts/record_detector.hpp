// Finds the length of fixed-length records (or of the rows of an image) in the data itself: the distance at which bytes
// agree most often, when it stands out from the others.
// Knows: history.  Does not know: lanes, contexts.
#pragma once

#include <cstdint>
#include <vector>

#include "history.hpp"
#include "lane.hpp"

namespace bytezip::experts {

class RecordDetector {
 public:
  // Looks again when the time has come. end: true offset up to which bytes are known.
  void look(const History& history, std::size_t end);

  std::uint32_t length() const { return length_; }  // 0 = no records
  // Whether most that is not background is as it was a record before.
  bool firm() const { return firm_; }
  Modality modality() const { return modality_; }

 private:
  void measure(const std::uint8_t* bytes, std::size_t window, std::size_t longest);

  std::size_t next_look_ = 256;
  std::uint32_t length_ = 0;
  bool firm_ = false;
  Modality modality_ = Modality::kGeneral;
};

}  // namespace bytezip::experts
