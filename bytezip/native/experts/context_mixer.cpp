#include "context_mixer.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <stdexcept>

#include "context_source.hpp"
#include "expert_list.hpp"
#include "match_expert.hpp"

namespace bytezip::experts {
namespace {

constexpr int kOwnNetworkInputs = 2;  // its opinion, and how far that is from indifference; behind them corrected by each map
constexpr int kNetworkClasses = 25;  // of its probability, in the logistic domain; 0 = not asked
constexpr int kBiasInputs = 1;
constexpr int kNetworkAt = kBiasInputs;  // where its inputs begin
constexpr int kAgreements = 7;  // of the match models: none, or one of three strengths for each bit
constexpr std::size_t kReplay = 64;  // bytes that rebuild the context of a lane behind a jump
constexpr LearningRate kFirstRate{0.02f, 0.002f, 0.001f};
constexpr LearningRate kFinalRate{0.02f, 0.001f, 0.01f};
constexpr float kFirstWeight = 0.07f;
constexpr std::uint32_t kMapLimit = 62;
constexpr std::uint32_t kNetworkMapLimit = 255;
constexpr std::int32_t kNegligible = kProbabilityOne >> 11;  // error from which nothing is learnt: time is saved, not bytes
constexpr std::uint32_t kAfterCopyLimit = 255;
constexpr std::uint32_t kFirstCopiedBits = 8 * kCopyLength;  // a copy begins when that many came as expected

// The weight sets of the first layer: what selects in each, and how many vectors there are.
enum Selector { kCommon, kByMatch, kByLast, kByHits, kByClasses, kByColumn, kByPartial, kByOlder, kByNetwork, kByAgreement, kByPhrase, kByWord, kByLikeliest, kByAge, kByShape, kSelectors };
constexpr std::array<int, kSelectors> kSetSizes = {1, 16 * 16, 256, 8 * 8, 256, 256, 256, 256, kNetworkClasses * 8, kNetworkClasses * kAgreements, kPhraseClasses * 8, 16 * 16, 256, 16 * 8, 256 * 4};
constexpr std::array<int, 9> kFinalSizes = {1, 256, 16 * 16, kNetworkClasses * kAgreements, 256, kPhraseClasses * 8, 256, 16 * 8, 8 * 8};
constexpr std::array<std::size_t, 5> kNetworkMapSizes = {kAgreements * 256, 1 << 16, kPhraseClasses * 256, 1 << 16, 1 << 16};
constexpr std::array<std::size_t, 4> kMapSizes = {16 * 256, 1 << 16, 1 << 16, 1 << 16};
constexpr float kBias = 0.3f;

// What the longer of the matches expects, and how surely.
int agreement(const Lane& lane) {
  const Expectation& match = lane.long_match.present ? lane.long_match : lane.short_match;
  if (!match.present) return 0;
  const int expected = expected_bit(match.byte, lane.partial, lane.bit);
  return 1 + expected * 3 + (match.strength >= 10 ? 2 : match.strength >= 7 ? 1 : 0);
}

// How far the stream has come: 0..15, one more each time that it doubles.
int age(std::size_t position) {
  int age = 0;
  for (position = (position + 16) >> 5; position != 0 && age < 15; position >>= 1) ++age;
  return age;
}

}  // namespace

ContextMixer::Extent ContextMixer::extent_of(Profile profile) {
  switch (profile) {
    case Profile::kFast: return {6, 3, 1, 2};
    case Profile::kDefault: return {12, 6, 3, 4};
    case Profile::kBest: break;
  }
  return {kSelectors, kMostFinalSets, kMostNetworkMaps, 4};
}

int ContextMixer::network_inputs() const { return kOwnNetworkInputs + extent_.network_maps; }

// What each set of the first layer says, the network itself, a bias, and what its maps make of it.
int ContextMixer::final_inputs() const { return extent_.selectors + 2 + extent_.network_maps; }

ContextMixer::ContextMixer(const Settings& settings)
    : settings_(settings), extent_(extent_of(settings.profile)), history_(size_bits(settings.capacity * 2, 16, 26)), experts_(make_experts(settings)), likeliest_(make_likeliest(settings)) {
  general_inputs_ = network_inputs() + kBiasInputs;
  for (const auto& expert : experts_) general_inputs_ += expert->inputs();
  if (likeliest_ != nullptr) general_inputs_ += likeliest_->inputs();
  if (settings.without.count("long-match") == 0) long_match_ = experts_.front().get();
  after_copy_.resize(256);
  copied_bits_ = kFirstCopiedBits;
  specialists_ = std::make_unique<SpecialistPanel>(make_specialists(settings), settings.max_lanes, general_inputs_);
  first_layer_ = std::make_unique<MixerLayer>(general_inputs_ + specialists_->most_inputs(), std::vector<int>(kSetSizes.begin(), kSetSizes.begin() + extent_.selectors), kFirstWeight, kFirstRate);
  final_layer_ = std::make_unique<MixerLayer>(final_inputs() + kSpecialistSets, std::vector<int>(kFinalSizes.begin(), kFinalSizes.begin() + extent_.final_sets), 1.0f / static_cast<float>(extent_.selectors), kFinalRate);
  first_layer_->begin_with(general_inputs_, general_inputs_ + specialists_->most_inputs(), kSpecialistWeight);
  final_layer_->begin_with(final_inputs(), final_inputs() + kSpecialistSets, 0);
  for (int i = 0; i < extent_.network_maps; ++i) network_maps_.emplace_back(kNetworkMapSizes[static_cast<std::size_t>(i)], kNetworkMapLimit);
  for (int i = 0; i < extent_.maps; ++i) maps_.emplace_back(kMapSizes[static_cast<std::size_t>(i)], kMapLimit);
}

ContextMixer::~ContextMixer() = default;

// Specialists and the maps with many contexts stay out: they see too little of a training set.
void ContextMixer::show_experience(ExperienceVisitor& visitor) {
  first_layer_->show_experience(visitor, general_inputs_);
  final_layer_->show_experience(visitor, final_inputs());
  for (const auto& expert : experts_) expert->show_experience(visitor);
  if (likeliest_ != nullptr) likeliest_->show_experience(visitor);
  maps_.front().show_experience(visitor);
  network_maps_.front().show_experience(visitor);
}

Experience ContextMixer::experience() {
  ExperienceGatherer gatherer;
  show_experience(gatherer);
  return std::move(gatherer.gathered);
}

void ContextMixer::take(const Experience& experience) {
  ExperienceGiver giver(experience);
  show_experience(giver);
  if (!giver.all_taken()) throw std::invalid_argument("the experience is of another profile");
}

void ContextMixer::begin_block(std::size_t raw_size, int lanes, std::size_t stripe) {
  assert(lanes >= 1 && lanes <= settings_.max_lanes && stripe >= 1);
  if (lanes != this->lanes()) {
    lanes_.assign(lanes, Lane{});
    mixings_.resize(lanes);
    for (Mixing& mixing : mixings_) {
      mixing.inputs.assign(first_layer_->padded_inputs(), 0);
      mixing.outputs.assign(final_layer_->padded_inputs(), 0);
      mixing.selected.assign(static_cast<std::size_t>(extent_.selectors), 0);
    }
  }
  block_start_ = block_end_;
  block_end_ = block_start_ + raw_size;
  stripe_ = stripe;
  history_.begin_row(block_start_, 0, 1);
  begin_row();
}

void ContextMixer::end_block() {}

// The row behind the current one: full rows of lanes x stripe bytes, at last one with a shorter stripe.
void ContextMixer::begin_row() {
  const std::size_t start = history_.row_start() + history_.row_bytes();
  const std::size_t lanes = lanes_.size();
  const std::size_t bytes = std::min(block_end_ - start, lanes * stripe_);
  history_.begin_row(start, bytes, bytes == 0 ? 1 : (bytes + lanes - 1) / lanes);
  for (Lane& lane : lanes_) {
    lane.index = static_cast<int>(&lane - lanes_.data());
    relocate(lane, start + lane.index * history_.stripe());
  }
  begin_bytes();
}

// Before lane 0 everything is known, so it goes on from there; the other lanes keep what they saw last.
void ContextMixer::relocate(Lane& lane, std::size_t position) {
  if (lane.position == position) return;
  lane.position = position;
  lane.contiguous_from = position;
  if (lane.index != 0) return;
  lane.contiguous_from = 0;
  lane.recent = lane.older = 0;
  lane.text = TextState{};
  for (lane.position -= std::min(position, kReplay); lane.position < position; ++lane.position) lane.absorb(history_[lane.position]);
}

void ContextMixer::begin_bytes() {
  const std::size_t row_end = history_.row_start() + history_.row_bytes();
  if (!mixings_[0].copying) {
    records_.look(history_, lanes_[0].position);
    samples_.look(history_, lanes_[0].position);
  }
  for (const Lane& lane : lanes_)
    if (!mixings_[lane.index].copying)
      for (const auto& expert : experts_) expert->expect(lane, history_);
  const bool sampled = samples_.format().bytes != 0 && records_.modality() != Modality::kBilevel;
  for (Lane& lane : lanes_) {
    lane.active = lane.position < row_end && history_.step() < history_.stripe();
    lane.record_length = records_.length();
    lane.firm_records = records_.firm();
    lane.modality = sampled ? Modality::kSamples : records_.modality();
    lane.samples = &samples_.format();
    if (!lane.active) continue;
    if (begins_copy(lane)) continue;
    for (const auto& expert : experts_)
      if (expert.get() != long_match_) expert->begin_byte(lane, history_);
    choose_specialist(lane);
  }
}

// Asks the long match first, which is the first expert of the list; while it copies, nothing else is asked.
bool ContextMixer::begins_copy(Lane& lane) {
  if (long_match_ == nullptr) return false;
  long_match_->begin_byte(lane, history_);
  mixings_[lane.index].copying = lane.long_match.length >= kCopyLength;
  return mixings_[lane.index].copying;
}

void ContextMixer::choose_specialist(Lane& lane) {
  Mixing& mixing = mixings_[lane.index];
  const int count = general_inputs_ + specialists_->choose(lane, history_, *first_layer_);
  std::fill(mixing.inputs.begin() + general_inputs_, mixing.inputs.end(), 0.0f);
  mixing.count = MixerLayer::padded(count);
}

// The experts of all lanes are asked before any lane is mixed: what mixing needs is on its way from memory meanwhile.
void ContextMixer::predict(const std::uint32_t* network, const std::uint32_t* likeliest, std::uint32_t* probabilities) {
  for (Lane& lane : lanes_) {
    if (!lane.active || mixings_[lane.index].copying) continue;
    if (likeliest_ != nullptr && lane.bit == 0) listen_for_byte(lane, network, likeliest);
    ask(lane, network);
  }
  for (const Lane& lane : lanes_)
    probabilities[lane.index] = !lane.active ? kProbabilityOne / 2 : mixings_[lane.index].copying ? predict_copy(lane) : mix(lane);
}

void ContextMixer::listen_for_byte(Lane& lane, const std::uint32_t* network, const std::uint32_t* likeliest) {
  lane.asks_network = network != nullptr && likeliest != nullptr;
  lane.likeliest = lane.asks_network ? likeliest[lane.index] : 0;
  likeliest_->begin_byte(lane, history_);
}

void ContextMixer::ask(Lane& lane, const std::uint32_t* network) {
  Mixing& mixing = mixings_[lane.index];
  mixing.inputs[0] = kBias;
  listen(mixing, network == nullptr ? 0 : network[lane.index]);
  if (mixing.network_class != 0) {
    const auto contexts = network_map_contexts(lane);
    for (std::size_t i = 1; i < network_maps_.size(); ++i) network_maps_[i].expect(contexts[i]);
  }
  float* input = mixing.inputs.data() + kNetworkAt + network_inputs();
  for (const auto& expert : experts_) {
    expert->predict(lane, input);
    input += expert->inputs();
  }
  if (likeliest_ != nullptr) {
    likeliest_->predict(lane, input);
    input += likeliest_->inputs();
  }
  specialists_->predict(lane, input);
  select(lane, mixing);
  expect(lane, mixing);
  if (mixing.network_class != 0) correct_network(lane, mixing);
}

void ContextMixer::expect(const Lane& lane, const Mixing& mixing) const {
  for (int set = 0; set < extent_.selectors; ++set) first_layer_->expect(set, mixing.selected[set], mixing.count);
  for (int set = 0; set < extent_.final_sets; ++set) final_layer_->expect(set, mixing.final_selected[set], final_inputs());
  const auto contexts = map_contexts(lane);
  for (std::size_t i = 0; i < maps_.size(); ++i) maps_[i].expect(contexts[i]);
}

std::uint32_t ContextMixer::mix(const Lane& lane) {
  Mixing& mixing = mixings_[lane.index];
  first_layer_->mix(mixing.selected.data(), mixing.inputs.data(), mixing.count, mixing.outputs.data());
  float* output = mixing.outputs.data() + extent_.selectors;
  *output++ = mixing.inputs[kNetworkAt];
  *output++ = kBias;
  for (int i = 0; i < extent_.network_maps; ++i) *output++ = mixing.inputs[kNetworkAt + kOwnNetworkInputs + i];
  specialists_->mix(lane, mixing.inputs.data(), mixing.count, output);
  final_layer_->mix(mixing.final_selected, mixing.outputs.data(), final_layer_->padded_inputs(), mixing.final_outputs);
  float sum = 0;
  for (int set = 0; set < extent_.final_sets; ++set) sum += mixing.final_outputs[set];
  mixing.final_output = sum * (1.0f / static_cast<float>(extent_.final_sets));
  mixing.mixed = Logistic::tables().squash(mixing.final_output);
  return refine(lane, mixing);
}

bool ContextMixer::copying() const {
  for (const Lane& lane : lanes_)
    if (lane.active && !mixings_[lane.index].copying) return false;
  return true;
}

// The estimate of Laplace for an event that did not come in copied_bits_ trials.
std::uint32_t ContextMixer::predict_copy(const Lane& lane) const {
  const int expected = expected_bit(lane.long_match.byte, lane.partial, lane.bit);
  if (expected < 0) return std::max(1u, after_copy_[lane.partial].p24());
  const std::uint32_t failure = std::max(1u, kProbabilityOne / (copied_bits_ + 2));
  return expected == 1 ? kProbabilityOne - failure : failure;
}

void ContextMixer::update_copy(Lane& lane, int bit) {
  const int expected = expected_bit(lane.long_match.byte, lane.partial, lane.bit);
  if (expected < 0)
    after_copy_[lane.partial].update(bit, kAfterCopyLimit, Reciprocals::tables());
  else if (expected == bit)
    copied_bits_ += copied_bits_ < kProbabilityOne;
  else
    copied_bits_ /= 8;
}

void ContextMixer::select(const Lane& lane, Mixing& mixing) const {
  std::array<int, kSelectors> selected{};
  selected[kByMatch] = lane.long_match.strength * 16 + lane.short_match.strength;
  selected[kByPhrase] = lane.phrase_class * 8 + lane.bit;
  selected[kByPartial] = static_cast<int>(lane.partial);
  selected[kByLast] = lane.last(1);
  selected[kByHits] = lane.order_hits * 8 + lane.bit;
  selected[kByOlder] = lane.last(2);
  selected[kByClasses] = static_cast<int>(lane.text.classes & 255);
  selected[kByColumn] = lane.record_length == 0 ? lane.text.first_in_line : static_cast<int>(lane.position % lane.record_length & 255);
  selected[kByNetwork] = mixing.network_class * 8 + lane.bit;
  selected[kByAgreement] = mixing.network_class * kAgreements + agreement(lane);
  selected[kByWord] = static_cast<int>(std::min(lane.text.letters, 15u) * 16 + (lane.text.classes & 15));
  if (extent_.selectors == kSelectors) {
    selected[kByLikeliest] = static_cast<int>(lane.likeliest >> 16);
    selected[kByAge] = age(lane.position) * 8 + lane.bit;
    selected[kByShape] = static_cast<int>(lane.text.classes >> 4 & 255) * 4 + (lane.bit >= 4) * 2 + ((lane.text.classes >> 12 & 15) != 0);
    mixing.final_selected[6] = selected[kByLikeliest];
    mixing.final_selected[7] = selected[kByAge];
    mixing.final_selected[8] = selected[kByHits];
  }
  std::copy(selected.begin(), selected.begin() + extent_.selectors, mixing.selected.begin());
  mixing.final_selected[1] = static_cast<int>(lane.near[1] != 0 ? lane.near[1] & 255 : lane.partial);
  mixing.final_selected[2] = selected[kByMatch];
  mixing.final_selected[3] = selected[kByAgreement];
  mixing.final_selected[4] = selected[kByLast];
  mixing.final_selected[5] = selected[kByPhrase];
}

// Its inputs that are known before the other experts are asked. p: what it says, of 2^24, or 0 where it was not asked.
void ContextMixer::listen(Mixing& mixing, std::uint32_t p) const {
  float* const inputs = mixing.inputs.data() + kNetworkAt;
  std::fill(inputs, inputs + network_inputs(), 0.0f);
  mixing.network_class = 0;
  if (p == 0) return;
  inputs[0] = Logistic::tables().stretch24(p);
  inputs[1] = (static_cast<float>(p >> 12) - 2048.0f) * (1.0f / 1024);
  mixing.network_class = 1 + std::clamp(static_cast<int>((inputs[0] + 8.0f) * 1.5f), 0, kNetworkClasses - 2);
}

void ContextMixer::correct_network(const Lane& lane, Mixing& mixing) {
  float* const inputs = mixing.inputs.data() + kNetworkAt;
  const auto contexts = network_map_contexts(lane);
  for (std::size_t i = 0; i < network_maps_.size(); ++i)
    inputs[kOwnNetworkInputs + i] = Logistic::tables().stretch24(static_cast<std::uint32_t>(network_maps_[i].refine(inputs[0], contexts[i], mixing.network_maps[i])));
}

std::array<std::size_t, ContextMixer::kMostNetworkMaps> ContextMixer::network_map_contexts(const Lane& lane) {
  return {
      static_cast<std::size_t>(agreement(lane)) * 256 + lane.partial,
      lane.last(1) * 256u + lane.partial,
      static_cast<std::size_t>(lane.phrase_class) * 256 + lane.partial,
      mix_hash(lane.last_bytes(2), lane.likeliest >> 16 << 8 | lane.partial) >> 16,
      mix_hash(lane.text.word, lane.partial) >> 16,
  };
}

std::array<std::size_t, 4> ContextMixer::map_contexts(const Lane& lane) {
  const std::uint32_t match = static_cast<std::uint32_t>(lane.long_match.strength != 0 ? lane.long_match.strength : lane.short_match.strength);
  return {
      match * 256 + lane.partial,
      lane.near[1] != 0 ? lane.near[1] >> 16 : lane.last(1) * 256u + lane.partial,
      (lane.near[0] != 0 ? lane.near[0] : mix_hash(lane.last_bytes(3), lane.partial)) >> 16,
      mix_hash(lane.last_bytes(2), lane.partial) >> 16,
  };
}

std::uint32_t ContextMixer::refine(const Lane& lane, Mixing& mixing) {
  const auto contexts = map_contexts(lane);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < maps_.size(); ++i) sum += maps_[i].refine(mixing.final_output, contexts[i], mixing.maps[i]);
  const int shift = __builtin_ctz(static_cast<unsigned>(extent_.maps));  // a division by 4 * maps, a power of two
  const std::int64_t p = ((static_cast<std::int64_t>(mixing.mixed) << shift) + sum * 3) >> (shift + 2);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(p, 1, kProbabilityOne - 1));
}

void ContextMixer::update(const int* bits) {
  for (Lane& lane : lanes_)
    if (lane.active) update_lane(lane, bits[lane.index]);
  const Lane& first = lanes_[0];  // has a byte at every step
  if (first.bit == 8) step_lanes();
}

void ContextMixer::update_lane(Lane& lane, int bit) {
  if (mixings_[lane.index].copying)
    update_copy(lane, bit);
  else
    update_experts(lane, bit);
  lane.partial = lane.partial * 2 + static_cast<std::uint32_t>(bit);
  ++lane.bit;
}

void ContextMixer::update_experts(Lane& lane, int bit) {
  Mixing& mixing = mixings_[lane.index];
  first_layer_->train(mixing.selected.data(), mixing.outputs.data(), mixing.inputs.data(), mixing.count, bit, kNegligible);
  final_layer_->train(mixing.final_selected, mixing.final_outputs, mixing.outputs.data(), final_layer_->padded_inputs(), bit, 0);
  for (std::size_t i = 0; i < maps_.size(); ++i) maps_[i].update(mixing.maps[i], bit);
  if (mixing.network_class != 0)
    for (std::size_t i = 0; i < network_maps_.size(); ++i) network_maps_[i].update(mixing.network_maps[i], bit);
  for (const auto& expert : experts_) expert->update(lane, bit);
  if (likeliest_ != nullptr) likeliest_->update(lane, bit);
  specialists_->update(lane, bit, mixing.inputs.data(), mixing.count, &mixing.outputs[final_inputs()]);
}

// All lanes have their byte: it becomes history, and the next step or row begins.
void ContextMixer::step_lanes() {
  for (Lane& lane : lanes_) {
    if (!lane.active) continue;
    const auto byte = static_cast<std::uint8_t>(lane.partial);
    history_.put(lane.position, byte);
    lane.absorb(byte);
    ++lane.position;
  }
  history_.advance();
  if (history_.step() < history_.stripe())
    begin_bytes();
  else
    begin_row();
}

}  // namespace bytezip::experts
