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

constexpr int kNetworkInputs = 4;  // its opinion, how far that is from indifference, and corrected by two maps
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
enum Selector { kCommon, kByMatch, kByPartial, kByLast, kByHits, kByOlder, kByClasses, kByColumn, kByNetwork, kByAgreement, kByWord, kSelectors };
const std::vector<int> kSetSizes = {1, 16 * 16, 256, 256, 8 * 8, 256, 256, 256, kNetworkClasses * 8, kNetworkClasses * kAgreements, 16 * 16};
const std::vector<int> kFinalSizes = {1, 256, 16 * 16, kNetworkClasses * kAgreements, 256};
constexpr int kFinalInputs = kSelectors + 4;  // and what the network says itself, a bias, and what its maps make of it
constexpr float kBias = 0.3f;

// What the longer of the matches expects, and how surely.
int agreement(const Lane& lane) {
  const Expectation& match = lane.long_match.present ? lane.long_match : lane.short_match;
  if (!match.present) return 0;
  const int expected = expected_bit(match.byte, lane.partial, lane.bit);
  return 1 + expected * 3 + (match.strength >= 10 ? 2 : match.strength >= 7 ? 1 : 0);
}

}  // namespace

ContextMixer::ContextMixer(const Settings& settings)
    : settings_(settings), history_(size_bits(settings.capacity * 2, 16, 26)), experts_(make_experts(settings)) {
  general_inputs_ = kNetworkInputs + kBiasInputs;
  for (const auto& expert : experts_) general_inputs_ += expert->inputs();
  if (settings.without.count("long-match") == 0) long_match_ = experts_.front().get();
  after_copy_.resize(256);
  copied_bits_ = kFirstCopiedBits;
  specialists_ = std::make_unique<SpecialistPanel>(make_specialists(settings), settings.max_lanes, general_inputs_);
  first_layer_ = std::make_unique<MixerLayer>(general_inputs_ + specialists_->most_inputs(), kSetSizes, kFirstWeight, kFirstRate);
  final_layer_ = std::make_unique<MixerLayer>(kFinalInputs + kSpecialistSets, kFinalSizes, 1.0f / kSelectors, kFinalRate);
  first_layer_->begin_with(general_inputs_, general_inputs_ + specialists_->most_inputs(), kSpecialistWeight);
  final_layer_->begin_with(kFinalInputs, kFinalInputs + kSpecialistSets, 0);
  for (const std::size_t contexts : {std::size_t{kAgreements * 256}, std::size_t{1} << 16}) network_maps_.emplace_back(contexts, kNetworkMapLimit);
  for (const std::size_t contexts : {std::size_t{16 * 256}, std::size_t{1} << 16, std::size_t{1} << 16, std::size_t{1} << 16}) maps_.emplace_back(contexts, kMapLimit);
}

ContextMixer::~ContextMixer() = default;

// Specialists and the maps with many contexts stay out: they see too little of a training set.
void ContextMixer::show_experience(ExperienceVisitor& visitor) {
  first_layer_->show_experience(visitor, general_inputs_);
  final_layer_->show_experience(visitor, kFinalInputs);
  for (const auto& expert : experts_) expert->show_experience(visitor);
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
      mixing.selected.assign(kSelectors, 0);
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
  lane.recent = 0;
  lane.text = TextState{};
  for (std::size_t at = position - std::min(position, kReplay); at < position; ++at) lane.absorb(history_[at]);
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
void ContextMixer::predict(const std::uint32_t* network, std::uint32_t* probabilities) {
  for (Lane& lane : lanes_)
    if (lane.active && !mixings_[lane.index].copying) ask(lane, network);
  for (const Lane& lane : lanes_)
    probabilities[lane.index] = !lane.active ? kProbabilityOne / 2 : mixings_[lane.index].copying ? predict_copy(lane) : mix(lane);
}

void ContextMixer::ask(Lane& lane, const std::uint32_t* network) {
  Mixing& mixing = mixings_[lane.index];
  mixing.inputs[0] = kBias;
  listen(mixing, network == nullptr ? 0 : network[lane.index]);
  if (mixing.network_class != 0) network_maps_.back().expect(lane.last(1) * 256u + lane.partial);
  float* input = mixing.inputs.data() + kNetworkAt + kNetworkInputs;
  for (const auto& expert : experts_) {
    expert->predict(lane, input);
    input += expert->inputs();
  }
  specialists_->predict(lane, input);
  select(lane, mixing);
  expect(lane, mixing);
  if (mixing.network_class != 0) correct_network(lane, mixing);
}

void ContextMixer::expect(const Lane& lane, const Mixing& mixing) const {
  for (int set = 0; set < kSelectors; ++set) first_layer_->expect(set, mixing.selected[set], mixing.count);
  for (int set = 0; set < kFinalSets; ++set) final_layer_->expect(set, mixing.final_selected[set], kFinalInputs);
  const auto contexts = map_contexts(lane);
  for (std::size_t i = 0; i < maps_.size(); ++i) maps_[i].expect(contexts[i]);
}

std::uint32_t ContextMixer::mix(const Lane& lane) {
  Mixing& mixing = mixings_[lane.index];
  first_layer_->mix(mixing.selected.data(), mixing.inputs.data(), mixing.count, mixing.outputs.data());
  mixing.outputs[kSelectors] = mixing.inputs[kNetworkAt];
  mixing.outputs[kSelectors + 1] = kBias;
  mixing.outputs[kSelectors + 2] = mixing.inputs[kNetworkAt + 2];
  mixing.outputs[kSelectors + 3] = mixing.inputs[kNetworkAt + 3];
  specialists_->mix(lane, mixing.inputs.data(), mixing.count, &mixing.outputs[kFinalInputs]);
  final_layer_->mix(mixing.final_selected, mixing.outputs.data(), final_layer_->padded_inputs(), mixing.final_outputs);
  float sum = 0;
  for (const float output : mixing.final_outputs) sum += output;
  mixing.final_output = sum * (1.0f / kFinalSets);
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
  auto& selected = mixing.selected;
  selected[kByMatch] = lane.long_match.strength * 16 + lane.short_match.strength;
  selected[kByPartial] = static_cast<int>(lane.partial);
  selected[kByLast] = lane.last(1);
  selected[kByHits] = lane.order_hits * 8 + lane.bit;
  selected[kByOlder] = lane.last(2);
  selected[kByClasses] = static_cast<int>(lane.text.classes & 255);
  selected[kByColumn] = lane.record_length == 0 ? lane.text.first_in_line : static_cast<int>(lane.position % lane.record_length & 255);
  selected[kByNetwork] = mixing.network_class * 8 + lane.bit;
  selected[kByAgreement] = mixing.network_class * kAgreements + agreement(lane);
  selected[kByWord] = static_cast<int>(std::min(lane.text.letters, 15u) * 16 + (lane.text.classes & 15));
  mixing.final_selected[1] = static_cast<int>(lane.near[1] != 0 ? lane.near[1] & 255 : lane.partial);
  mixing.final_selected[2] = selected[kByMatch];
  mixing.final_selected[3] = selected[kByAgreement];
  mixing.final_selected[4] = selected[kByLast];
}

// Its inputs that are known before the other experts are asked. p: what it says, of 2^24, or 0 where it was not asked.
void ContextMixer::listen(Mixing& mixing, std::uint32_t p) {
  float* const inputs = mixing.inputs.data() + kNetworkAt;
  std::fill(inputs, inputs + kNetworkInputs, 0.0f);
  mixing.network_class = 0;
  if (p == 0) return;
  inputs[0] = Logistic::tables().stretch24(p);
  inputs[1] = (static_cast<float>(p >> 12) - 2048.0f) * (1.0f / 1024);
  mixing.network_class = 1 + std::clamp(static_cast<int>((inputs[0] + 8.0f) * 1.5f), 0, kNetworkClasses - 2);
}

void ContextMixer::correct_network(const Lane& lane, Mixing& mixing) {
  float* const inputs = mixing.inputs.data() + kNetworkAt;
  const std::size_t contexts[] = {static_cast<std::size_t>(agreement(lane)) * 256 + lane.partial, lane.last(1) * 256u + lane.partial};
  for (std::size_t i = 0; i < network_maps_.size(); ++i)
    inputs[2 + i] = Logistic::tables().stretch24(static_cast<std::uint32_t>(network_maps_[i].refine(inputs[0], contexts[i], mixing.network_maps[i])));
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
  const std::int64_t p = (static_cast<std::int64_t>(mixing.mixed) * 4 + sum * 3) / 16;
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
  specialists_->update(lane, bit, mixing.inputs.data(), mixing.count, &mixing.outputs[kFinalInputs]);
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
