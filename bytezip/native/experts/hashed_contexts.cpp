#include "hashed_contexts.hpp"

#include "order_contexts.hpp"

namespace bytezip::experts {
namespace {

constexpr std::uint32_t kMapLimit = 255;  // corrections until a map becomes a moving average
constexpr std::uint32_t kPriorConfidence = 6;

// Where the node of the next bit lies within the slot of its nibble: 1, 2..3, 4..7, 8..15.
std::uint32_t node_of(const Lane& lane) {
  return lane.bit < 4 ? lane.partial : (1u << (lane.bit - 4)) | (lane.partial & ((1u << (lane.bit - 4)) - 1));
}

}  // namespace

HashedContexts::HashedContexts(std::vector<std::unique_ptr<ContextSource>> sources, int lanes, std::uint32_t lines)
    : sources_(std::move(sources)), table_(lines), unseen_(kSlotBytes) {
  if (!sources_.empty() && dynamic_cast<const OrderContexts*>(sources_.front().get()) != nullptr) order_contexts_ = sources_.front()->count();
  for (const auto& source : sources_) contexts_ += source->count();
  maps_.reserve(static_cast<std::size_t>(contexts_) * 256);
  for (int i = 0; i < contexts_; ++i) append_history_map(maps_, kPriorConfidence);
  places_.resize(lanes);
  for (Place& place : places_) {
    place.hashes.resize(contexts_);
    place.whole.resize(contexts_);
    place.slots.resize(contexts_);
    place.wanted.resize(sources_.size());
  }
}

void HashedContexts::begin_byte(Lane& lane, const History& history) {
  Place& place = places_[lane.index];
  std::uint32_t* hash = place.whole.data();
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    place.wanted[i] = sources_[i]->wanted(lane);
    if (place.wanted[i]) sources_[i]->write(lane, history, hash);
    hash += sources_[i]->count();
  }
  address_nibble(lane, place);
}

void HashedContexts::address_nibble(const Lane& lane, Place& place) {
  int context = 0;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const int end = context + sources_[i]->count();
    if (!place.wanted[i]) {
      context = end;
      continue;
    }
    for (; context < end; ++context) {
      // The number of the context keeps the families apart; the high nibble's slots are those of partial = 1.
      place.hashes[context] = mix_hash(place.whole[context], lane.partial * 64 + context);
      table_.prefetch(place.hashes[context]);
    }
  }
  place.looked_up = false;
}

void HashedContexts::look_up(Place& place) {
  int context = 0;
  for (std::size_t i = 0; i < sources_.size(); ++i)
    for (const int end = context + sources_[i]->count(); context < end; ++context)
      place.slots[context] = place.wanted[i] ? table_.find(place.hashes[context]) : unseen_.data();
  place.looked_up = true;
}

void HashedContexts::predict(Lane& lane, float* inputs) {
  Place& place = places_[lane.index];
  if (!place.looked_up) look_up(place);
  const Logistic& logistic = Logistic::tables();
  const BitHistory& histories = BitHistory::tables();
  const std::uint32_t node = node_of(lane);
  int hits = 0;
  for (int i = 0; i < contexts_; ++i, inputs += kInputs) {
    // No branches: which contexts are new, and which one-sided, cannot be foreseen.
    const std::uint8_t state = place.slots[i][node];
    const std::uint32_t p = maps_[i * 256 + state].p12();
    const float seen = state != 0;
    const float opinion = logistic.stretch12(p) * seen;
    inputs[0] = opinion;
    inputs[1] = (static_cast<float>(p) - 2048.0f) * (1.0f / 1024) * seen;
    inputs[2] = opinion * histories.one_sided(state);
    hits += i < order_contexts_ && state != 0;
  }
  if (order_contexts_ != 0) lane.order_hits = hits;
}

void HashedContexts::update(Lane& lane, int bit) {
  Place& place = places_[lane.index];
  const BitHistory& histories = BitHistory::tables();
  const std::uint16_t* const reciprocals = Reciprocals::tables();
  const std::uint32_t node = node_of(lane);
  for (int i = 0; i < contexts_; ++i) {
    std::uint8_t* const slot = place.slots[i];
    if (slot == unseen_.data()) continue;
    maps_[i * 256 + slot[node]].update(bit, kMapLimit, reciprocals);
    slot[node] = histories.next(slot[node], bit);
  }
  if (lane.bit == 3) {
    lane.partial = lane.partial * 2 + bit;
    address_nibble(lane, place);
    lane.partial >>= 1;
  }
}

}  // namespace bytezip::experts
