#include "phrase_expert.hpp"

#include <algorithm>

#include "logistic.hpp"

namespace bytezip::experts {
namespace {

constexpr std::uint32_t kMapLimit = 1023;
constexpr std::size_t kNowhere = ~std::size_t{0};

}  // namespace

PhraseExpert::PhraseExpert(std::shared_ptr<const PhraseTable> table, int lanes)
    : table_(std::move(table)), map_(kPhraseKinds * PhraseTable::kConfidences * 8, AdaptiveProbability(3u << 20, 0)), places_(lanes) {
  for (Place& place : places_) place.foreseen = kNowhere;
}

void PhraseExpert::address(Place& place, const Lane& lane) const {
  for (int kind = 0; kind < kPhraseKinds; ++kind) place.contexts[kind] = phrase_context(kind, lane.recent, lane.older, lane.text);
  place.foreseen = lane.position;
}

void PhraseExpert::expect(const Lane& lane, const History&) {
  if (table_ == nullptr || lane.sampled()) return;
  Place& place = places_[lane.index];
  address(place, lane);
  for (const std::uint64_t context : place.contexts) table_->expect(context);
}

void PhraseExpert::begin_byte(Lane& lane, const History&) {
  Place& place = places_[lane.index];
  lane.phrase = 0;
  for (Opinion& opinion : place.opinions) opinion.phrase = Phrase{};
  if (table_ == nullptr || lane.sampled()) return;
  if (place.foreseen != lane.position) address(place, lane);  // nothing is foreseen in a copy
  for (int kind = 0; kind < kPhraseKinds; ++kind) {
    const Phrase phrase = table_->find(place.contexts[kind]);
    place.opinions[kind].phrase = phrase;
    if (phrase.known) lane.phrase = 1u << 12 | static_cast<std::uint32_t>(phrase.confidence) << 8 | phrase.byte;
  }
}

void PhraseExpert::predict(Lane& lane, float* inputs) {
  Place& place = places_[lane.index];
  lane.phrase_class = 0;
  float surest = 0;
  for (int kind = 0; kind < kPhraseKinds; ++kind, ++inputs) {
    Opinion& opinion = place.opinions[kind];
    *inputs = 0;
    opinion.expected = opinion.phrase.known ? expected_bit(opinion.phrase.byte, lane.partial, lane.bit) : -1;
    if (opinion.expected < 0) continue;
    opinion.context = static_cast<std::uint32_t>((kind * PhraseTable::kConfidences + opinion.phrase.confidence) * 8 + lane.bit);
    const float x = Logistic::tables().stretch24(map_[opinion.context].p24());
    *inputs = opinion.expected ? x : -x;
    if (x <= surest) continue;
    surest = x;
    lane.phrase_class = 1 + 2 * std::min(7, static_cast<int>(x)) + opinion.expected;
  }
}

void PhraseExpert::update(Lane& lane, int bit) {
  for (const Opinion& opinion : places_[lane.index].opinions)
    if (opinion.expected >= 0) map_[opinion.context].update(opinion.expected == bit, kMapLimit, Reciprocals::tables());
}

}  // namespace bytezip::experts
