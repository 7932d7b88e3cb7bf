#include "expert_list.hpp"

#include <algorithm>

#include "arm_expert.hpp"
#include "bilevel_expert.hpp"
#include "binary_expert.hpp"
#include "call_expert.hpp"
#include "code_expert.hpp"
#include "direct_expert.hpp"
#include "expected_contexts.hpp"
#include "hashed_contexts.hpp"
#include "indirect_contexts.hpp"
#include "likeliest_contexts.hpp"
#include "line_contexts.hpp"
#include "match_expert.hpp"
#include "order_contexts.hpp"
#include "phrase_expert.hpp"
#include "record_contexts.hpp"
#include "run_expert.hpp"
#include "sample_expert.hpp"
#include "sparse_contexts.hpp"
#include "table_expert.hpp"
#include "word_contexts.hpp"

namespace bytezip::experts {
namespace {

constexpr int kLongMatch = 24;
constexpr int kShortMatch = 6;
constexpr int kMaxTableBits = 21;                  // of match and run tables: 8 MB each
constexpr std::size_t kMaxLines = 3 << 20;         // of the contexts' table: 192 MB, so that all stays below 400 MB
constexpr std::size_t kMaxLinesBest = 1 << 23;     // 512 MB
constexpr std::size_t kMaxLinesFast = 3 << 19;     // 96 MB, for half the contexts
constexpr std::size_t kMaxSampleLines = 1 << 19;   // 32 MB
constexpr std::size_t kMaxCodeLines = 1 << 20;     // 64 MB
constexpr std::size_t kMaxArmLines = 1 << 20;      // 64 MB
constexpr std::size_t kMaxBinaryLines = 1 << 19;   // 32 MB
constexpr std::size_t kMaxTableLines = 1 << 19;    // 32 MB
constexpr std::size_t kMaxLikeliestLines = 1 << 19;  // 32 MB

// The least profile whose time an expert is worth.
bool listed(const Settings& settings, const char* name, Profile least) {
  return settings.profile >= least && settings.without.count(name) == 0;
}

template <class Source, class... Arguments>
void list(std::vector<std::unique_ptr<ContextSource>>& sources, const Settings& settings, const char* name, Profile least, Arguments... arguments) {
  if (listed(settings, name, least)) sources.push_back(std::make_unique<Source>(arguments...));
}

std::vector<std::unique_ptr<ContextSource>> make_sources(const Settings& settings) {
  std::vector<std::unique_ptr<ContextSource>> sources;
  const bool few = settings.profile == Profile::kFast;
  list<OrderContexts>(sources, settings, "order", Profile::kFast, few);
  list<WordContexts>(sources, settings, "word", Profile::kFast, few);
  list<LineContexts>(sources, settings, "line", Profile::kDefault);
  list<SparseContexts>(sources, settings, "sparse", Profile::kDefault);
  list<ExpectedContexts>(sources, settings, "expected", Profile::kFast, few);
  list<IndirectContexts>(sources, settings, "indirect", Profile::kDefault);
  list<RecordContexts>(sources, settings, "record", Profile::kFast, few);
  return sources;
}

// Lines of a table for n contexts.
std::uint32_t line_count(std::size_t n, std::size_t limit) {
  return static_cast<std::uint32_t>(std::min(std::size_t{1} << size_bits(n, 12, 24), limit));
}

std::uint32_t context_lines(const Settings& settings) {
  switch (settings.profile) {
    case Profile::kFast: return line_count(settings.capacity * 2, kMaxLinesFast);
    case Profile::kDefault: return line_count(settings.capacity * 4, kMaxLines);
    case Profile::kBest: break;
  }
  return line_count(settings.capacity * 4, kMaxLinesBest);
}

}  // namespace

int size_bits(std::size_t n, int low, int high) {
  int bits = low;
  while (bits < high && (std::size_t{1} << bits) < n) ++bits;
  return bits;
}

std::vector<std::unique_ptr<Expert>> make_experts(const Settings& settings) {
  const int lanes = settings.max_lanes;
  const int table_bits = size_bits(settings.capacity, 12, kMaxTableBits);
  std::vector<std::unique_ptr<Expert>> experts;
  if (listed(settings, "long-match", Profile::kFast)) experts.push_back(std::make_unique<MatchExpert>(&Lane::long_match, kLongMatch, lanes, table_bits));
  if (listed(settings, "short-match", Profile::kFast)) experts.push_back(std::make_unique<MatchExpert>(&Lane::short_match, kShortMatch, lanes, table_bits));
  if (listed(settings, "direct", Profile::kFast)) experts.push_back(std::make_unique<DirectExpert>(lanes, size_bits(settings.capacity / 8, 8, 14)));
  if (listed(settings, "call", Profile::kFast)) experts.push_back(std::make_unique<CallExpert>(lanes));
  if (listed(settings, "run", Profile::kDefault)) experts.push_back(std::make_unique<RunExpert>(lanes, table_bits));
  if (listed(settings, "phrases", Profile::kDefault)) experts.push_back(std::make_unique<PhraseExpert>(settings.phrases, lanes));
  experts.push_back(std::make_unique<HashedContexts>(make_sources(settings), lanes, context_lines(settings)));
  return experts;
}

std::unique_ptr<Expert> make_likeliest(const Settings& settings) {
  if (!listed(settings, "likeliest", Profile::kBest)) return nullptr;
  std::vector<std::unique_ptr<ContextSource>> sources;
  sources.push_back(std::make_unique<LikeliestContexts>());
  return std::make_unique<HashedContexts>(std::move(sources), settings.max_lanes, line_count(settings.capacity, kMaxLikeliestLines));
}

std::vector<std::unique_ptr<Specialist>> make_specialists(const Settings& settings) {
  std::vector<std::unique_ptr<Specialist>> specialists;
  if (listed(settings, "bilevel", Profile::kFast)) specialists.push_back(std::make_unique<BilevelExpert>(settings.max_lanes));
  if (listed(settings, "samples", Profile::kFast)) specialists.push_back(std::make_unique<SampleExpert>(settings.max_lanes, line_count(settings.capacity * 2, kMaxSampleLines)));
  if (listed(settings, "code", Profile::kFast)) specialists.push_back(std::make_unique<CodeExpert>(settings.max_lanes, line_count(settings.capacity * 2, kMaxCodeLines)));
  if (listed(settings, "arm", Profile::kFast)) specialists.push_back(std::make_unique<ArmExpert>(settings.max_lanes, line_count(settings.capacity * 2, kMaxArmLines)));
  if (listed(settings, "table", Profile::kDefault)) specialists.push_back(std::make_unique<TableExpert>(settings.max_lanes, line_count(settings.capacity * 2, kMaxTableLines)));
  if (listed(settings, "binary", Profile::kDefault)) specialists.push_back(std::make_unique<BinaryExpert>(settings.max_lanes, line_count(settings.capacity * 2, kMaxBinaryLines)));
  return specialists;
}

}  // namespace bytezip::experts
