// What a ContextMixer is built with.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>

#include "phrase_table.hpp"

namespace bytezip::experts {

enum class Profile { kFast, kDefault, kBest };

struct Settings {
  int max_lanes = 1;
  std::size_t capacity = 1 << 20;       // bytes of stream expected; tables are sized by it
  Profile profile = Profile::kDefault;
  std::shared_ptr<const PhraseTable> phrases;  // of the model, or null
  std::set<std::string> without;        // names of experts to leave out: for the ledger of what each one gives
};

}  // namespace bytezip::experts
