#include "phrase_counter.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "experts/phrase_table.hpp"

namespace bytezip {
namespace {

using experts::kPhraseContexts;
using experts::kPhraseKinds;
using experts::kPhraseYardstick;
using experts::PhraseTable;

constexpr int kContextBits = 56;
constexpr std::size_t kBucket = 4;           // cells, a cache line
constexpr std::uint16_t kMost = 65535;       // of a count; from there on it stands still
constexpr std::uint16_t kFewest = 3;         // times that a candidate was seen
constexpr double kLeastShare = 0.4;          // that its byte had of them
constexpr double kMargin = 0.02;             // by which a longer context must be surer than the shorter ones to be heard
constexpr int kLong = 3;                     // kind from which on a context is heard, too, where it expects another byte
constexpr double kUnknown = -2.5;            // log2 of what the byte has before any context is heard
constexpr double kOther = 0.15;              // share of a byte that was not expected in what is left to such bytes
constexpr double kSurest = 0.998;
constexpr std::size_t kAhead = 16;           // contexts that are fetched before they are needed

// What stands before a byte, as a lane has it.
struct Before {
  std::uint64_t recent = 0;
  std::uint64_t older = 0;
  experts::TextState text;

  std::uint64_t context(int kind) const { return experts::phrase_context(kind, recent, older, text); }
};

// Walks the bytes of a file.
template <class Visit>
void walk(const std::uint8_t* data, std::size_t size, const Visit& visit) {
  Before before;
  for (std::size_t i = 0; i < size; ++i) {
    visit(before, data[i]);
    before.older = before.older << 8 | before.recent >> 56;
    before.recent = before.recent << 8 | data[i];
    before.text.absorb(data[i]);
  }
}

// Eight classes of how often the byte came, each for few and for many cases.
std::uint8_t confidence_of(std::uint32_t hits, std::uint32_t total) {
  constexpr int kPercents[] = {50, 60, 70, 80, 90, 95, 98};
  int share = 0;
  for (const int percent : kPercents) share += hits * 100u >= total * static_cast<std::uint32_t>(percent);
  return static_cast<std::uint8_t>(2 * share + (total >= 8));
}

}  // namespace

PhraseCounter::PhraseCounter(int table_bits) : bucket_bits_(table_bits - 2) {
  if (table_bits < 2 || table_bits > 32) throw std::invalid_argument("table_bits must be 2 to 32");
}

void PhraseCounter::begin(int kind) {
  if (kind < 0 || kind >= kPhraseContexts) throw std::invalid_argument("there is no such kind of context");
  if (place_bits_ != 0) throw std::invalid_argument("counting is over");
  kind_ = kind;
  cells_.assign(kBucket << bucket_bits_, Cell{});
  shared_.assign(cells_.size(), 0);
}

// The cell of a context, or one that is free or was seen once; null where all others of its bucket were seen more often.
PhraseCounter::Cell* PhraseCounter::find_cell(std::uint64_t context) {
  Cell* const bucket = &cells_[(context >> (kContextBits - bucket_bits_)) * kBucket];
  Cell* spare = nullptr;
  for (std::size_t i = 0; i < kBucket; ++i) {
    Cell& cell = bucket[(context + i) % kBucket];
    if (cell.total != 0 && cell.context() == context) return &cell;
    if (cell.total == 0 || (cell.total == 1 && spare == nullptr)) spare = &cell;
    if (cell.total == 0) break;
  }
  return spare;
}

void PhraseCounter::count_one(std::uint64_t context, std::uint8_t byte, std::uint8_t source) {
  Cell* const cell = find_cell(context);
  if (cell == nullptr) return;
  std::uint8_t& shared = shared_[static_cast<std::size_t>(cell - cells_.data())];
  if (cell->total == 0 || cell->context() != context) {
    *cell = {context << 8 | source, 1, 1, 0, byte, 0};
    shared = 0;
    return;
  }
  if (cell->total == kMost) return;
  shared |= static_cast<std::uint8_t>(cell->context_and_source) != source;
  ++cell->total;
  if (cell->byte == byte) {
    ++cell->hits;
  } else if (cell->rival_hits != 0 && cell->rival == byte) {
    if (++cell->rival_hits > cell->hits) {
      std::swap(cell->byte, cell->rival);
      std::swap(cell->hits, cell->rival_hits);
    }
  } else if (cell->rival_hits <= 1) {
    cell->rival = byte;
    cell->rival_hits = 1;
  } else {
    --cell->rival_hits;
  }
}

void PhraseCounter::count(const std::uint8_t* data, std::size_t size, std::uint32_t source) {
  if (cells_.empty()) throw std::invalid_argument("count must follow begin");
  const auto tag = static_cast<std::uint8_t>(source % 255 + 1);
  std::uint64_t contexts[kAhead];
  std::uint8_t bytes[kAhead];
  std::size_t n = 0;
  walk(data, size, [&](const Before& before, std::uint8_t byte) {
    if (n >= kAhead) count_one(contexts[n % kAhead], bytes[n % kAhead], tag);
    contexts[n % kAhead] = before.context(kind_);
    bytes[n % kAhead] = byte;
    experts::prefetch(&cells_[(contexts[n % kAhead] >> (kContextBits - bucket_bits_)) * kBucket]);
    ++n;
  });
  for (std::size_t i = n > kAhead ? n - kAhead : 0; i < n; ++i) count_one(contexts[i % kAhead], bytes[i % kAhead], tag);
}

void PhraseCounter::keep() {
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const Cell& cell = cells_[i];
    if (cell.total < kFewest || shared_[i] == 0 || cell.hits < kLeastShare * cell.total) continue;
    candidates_.push_back({cell.context(), 0, cell.total, cell.hits, cell.byte, kind_ != kPhraseYardstick});
  }
  kept_ = candidates_.size();
  cells_ = {};
  shared_ = {};
}

void PhraseCounter::place_candidates() {
  if (place_bits_ != 0) return;
  place_bits_ = 1;
  while ((std::size_t{1} << place_bits_) < 2 * candidates_.size()) ++place_bits_;
  const std::vector<Candidate> all = std::move(candidates_);
  candidates_.assign(std::size_t{1} << place_bits_, Candidate{});
  for (const Candidate& candidate : all) *find_candidate(candidate.context) = candidate;
}

// That of this context, or the empty place where it would stand.
PhraseCounter::Candidate* PhraseCounter::find_candidate(std::uint64_t context) {
  std::size_t at = context >> (kContextBits - place_bits_);
  while (candidates_[at].total != 0 && candidates_[at].context != context) at = (at + 1) & (candidates_.size() - 1);
  return &candidates_[at];
}

// From the shorter contexts to the longer ones: each that is surer than those before has its say, and long ones that
// expect something else. What it gains or loses
// against them is its credit, with counts that leave this very place out.
void PhraseCounter::credit_one(const std::uint64_t* contexts, std::uint8_t byte, float weight) {
  double said = kUnknown;
  double sure = 0;
  std::uint8_t expected = 0;
  for (int i = 0; i < kPhraseContexts; ++i) {
    const int kind = i == 0 ? kPhraseYardstick : i - 1;
    Candidate* const candidate = find_candidate(contexts[kind]);
    if (candidate->total == 0) continue;
    const bool hit = candidate->byte == byte;
    const double share = std::min(kSurest, (candidate->hits - hit + 0.3) / (candidate->total - 1 + 0.9));
    const bool differs = kind >= kLong && sure > 0 && candidate->byte != expected;
    if (share <= sure + kMargin && !differs) continue;
    const double says = std::log2(hit ? share : (1 - share) * kOther);
    candidate->credit += weight * static_cast<float>(says - said);
    said = says;
    sure = share;
    expected = candidate->byte;
  }
}

void PhraseCounter::credit(const std::uint8_t* data, std::size_t size, float weight) {
  place_candidates();
  std::uint64_t contexts[kAhead][kPhraseContexts];
  std::uint8_t bytes[kAhead];
  std::size_t n = 0;
  walk(data, size, [&](const Before& before, std::uint8_t byte) {
    const std::size_t at = n % kAhead;
    if (n >= kAhead) credit_one(contexts[at], bytes[at], weight);
    for (int kind = 0; kind < kPhraseContexts; ++kind) {
      contexts[at][kind] = before.context(kind);
      experts::prefetch(&candidates_[contexts[at][kind] >> (kContextBits - place_bits_)]);
    }
    bytes[at] = byte;
    ++n;
  });
  for (std::size_t i = n > kAhead ? n - kAhead : 0; i < n; ++i) credit_one(contexts[i % kAhead], bytes[i % kAhead], weight);
}

std::vector<std::uint8_t> PhraseCounter::table(std::size_t lines) {
  if (lines < 1 || lines > PhraseTable::kMaxLines) throw std::invalid_argument("lines must be 1 to 2^22");
  place_candidates();
  std::vector<const Candidate*> best;
  for (const Candidate& candidate : candidates_)
    if (candidate.total != 0 && candidate.kept && candidate.credit > 0) best.push_back(&candidate);
  std::sort(best.begin(), best.end(), [](const Candidate* a, const Candidate* b) {
    return a->credit != b->credit ? a->credit > b->credit : a->context < b->context;
  });
  std::vector<std::uint8_t> table(lines * PhraseTable::kLineBytes);
  std::vector<std::uint8_t> filled(lines);
  for (const Candidate* const candidate : best) {
    const std::size_t at = PhraseTable::line_of(candidate->context, lines);
    std::uint8_t* const line = &table[at * PhraseTable::kLineBytes];
    const std::size_t used = filled[at];
    if (used == PhraseTable::kCells || PhraseTable::cell_of(line, candidate->context, used) != used) continue;
    PhraseTable::write(line, used, candidate->context, {true, candidate->byte, confidence_of(candidate->hits, candidate->total)});
    ++filled[at];
  }
  return table;
}

}  // namespace bytezip
