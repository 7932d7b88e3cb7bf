// The adaptive experts and their mixer behind two verbs: predict, then update with what came.
//
// Contract. Construct once for a stream; for each block call begin_block, then for each step (a byte of every lane)
// eight times predict and update, then end_block after the last step. Everything learnt runs on from block to block.
// Arrays are in lane order; lanes that have no byte at a step (end of the last row) are given 2^23, and their bits are
// not read. Both sides of the coder must make the same calls: state is a function of the calls alone.
// With the network, its probability of a 1 (24 bits, "Bit probabilities") is given to each predict, and with the first
// bit of a byte, where wants_likeliest says so, the three bytes that it holds likeliest; without it, null.
//
// Knows: experts, mixer, lanes.  Does not know: files, coder, the network's inside.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "adaptive_map.hpp"
#include "adaptive_probability.hpp"
#include "experience.hpp"
#include "expert.hpp"
#include "mixer.hpp"
#include "record_detector.hpp"
#include "settings.hpp"
#include "specialist_panel.hpp"

namespace bytezip::experts {

class ContextMixer {
 public:
  explicit ContextMixer(const Settings& settings);
  ~ContextMixer();

  void begin_block(std::size_t raw_size, int lanes, std::size_t stripe);
  void end_block();

  int lanes() const { return static_cast<int>(lanes_.size()); }
  bool has_byte(int lane) const { return lanes_[lane].active; }

  bool wants_likeliest() const { return likeliest_ != nullptr; }

  // network: of 2^24, or null; likeliest: "Likeliest bytes", or null; probabilities: out, 1..2^24-1 of 2^24.
  void predict(const std::uint32_t* network, const std::uint32_t* likeliest, std::uint32_t* probabilities);

  void update(const int* bits);

  // Whether every lane copies a long match at this step, so that nothing else is asked. Asked before a first bit.
  bool copying() const;

  // What was learnt so far that holds for other streams.
  Experience experience();

  // Begins with the experience of another one of the same profile. Throws std::invalid_argument for another.
  void take(const Experience& experience);

 private:
  static constexpr int kMostFinalSets = 9;
  static constexpr int kMostNetworkMaps = 5;

  // How much of the mixer a profile has: the first so many of each list. The order of the lists belongs to the format.
  struct Extent {
    int selectors;     // sets of the first layer
    int final_sets;    // of the last layer: as many mixers, averaged in the logistic domain
    int network_maps;  // that correct what the network says, before it is mixed
    int maps;          // that correct what was mixed: a power of two
  };
  static Extent extent_of(Profile profile);

  struct Mixing {  // of one lane and bit
    Table<float> inputs;
    Table<float> outputs;     // of the first layer, in the logistic domain
    int network_class = 0;          // of its probability: 0 = not asked, 1..24 from surely 0 to surely 1
    bool copying = false;           // of a long copy: the other experts rest
    int count = 0;                  // of inputs in use
    std::vector<int> selected;      // vector of each set
    int final_selected[kMostFinalSets] = {};
    float final_outputs[kMostFinalSets] = {};
    float final_output = 0;         // their mean
    std::int32_t mixed = 0;         // what the mixers said, before the maps
    AdaptiveMap::Place maps[4];
    AdaptiveMap::Place network_maps[kMostNetworkMaps];
  };

  void show_experience(ExperienceVisitor& visitor);
  void begin_row();
  void begin_bytes();
  bool begins_copy(Lane& lane);
  void choose_specialist(Lane& lane);
  void step_lanes();
  void relocate(Lane& lane, std::size_t position);
  void select(const Lane& lane, Mixing& mixing) const;
  void ask(Lane& lane, const std::uint32_t* network);
  void listen_for_byte(Lane& lane, const std::uint32_t* network, const std::uint32_t* likeliest);
  int network_inputs() const;
  int final_inputs() const;
  void expect(const Lane& lane, const Mixing& mixing) const;
  std::uint32_t mix(const Lane& lane);
  std::uint32_t predict_copy(const Lane& lane) const;
  void update_copy(Lane& lane, int bit);
  void listen(Mixing& mixing, std::uint32_t p) const;
  void correct_network(const Lane& lane, Mixing& mixing);
  static std::array<std::size_t, kMostNetworkMaps> network_map_contexts(const Lane& lane);
  static std::array<std::size_t, 4> map_contexts(const Lane& lane);
  std::uint32_t refine(const Lane& lane, Mixing& mixing);
  void update_experts(Lane& lane, int bit);
  void update_lane(Lane& lane, int bit);

  Settings settings_;
  Extent extent_;
  History history_;
  std::vector<std::unique_ptr<Expert>> experts_;
  std::unique_ptr<Expert> likeliest_;  // null where the profile has none
  Expert* long_match_ = nullptr;  // one of experts_
  std::vector<Lane> lanes_;
  std::vector<Mixing> mixings_;
  std::unique_ptr<MixerLayer> first_layer_;
  std::unique_ptr<MixerLayer> final_layer_;
  std::unique_ptr<SpecialistPanel> specialists_;
  std::vector<AdaptiveMap> network_maps_;
  std::vector<AdaptiveMap> maps_;          // correct what was mixed
  RecordDetector records_;
  SampleDetector samples_;
  std::size_t block_start_ = 0;
  std::size_t block_end_ = 0;
  std::vector<AdaptiveProbability> after_copy_;  // the bits behind the one that ended a copy, by partial byte
  std::uint32_t copied_bits_ = 0;                // that came as expected since the last failure
  std::size_t stripe_ = 1;
  int general_inputs_ = 0;
};

}  // namespace bytezip::experts
