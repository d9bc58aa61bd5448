// Data source `synthetic_text`: a Markov chain of symbols, so that what no model can beat is known.
// After each sequence of `order` symbols one of `branches` different symbols follows, all of one
// probability: the entropy of a symbol is ln(branches), wherever the sequence has led.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/data/synthetic.h"
#include "engine/data/text.h"

namespace trainyard::data {
namespace {

constexpr int64_t kMostOrder = 8;

struct Options {
  TextOptions text;
  SyntheticSizes sizes;
  int64_t order = 1;
  int64_t branches = 1;
};

// The first of the symbols that may follow; the others are those after it, in a circle.
int64_t FirstSuccessor(const Options& options, uint64_t state) {
  const RandomStream stream(options.sizes.seed, RandomPurpose::kSynthetic, SampleRandom::kTeacher);
  return static_cast<int64_t>(
      stream.Below(0, state, static_cast<uint64_t>(options.text.vocabulary)));
}

// symbols: [context + 1]. `draws`: scratch of that size.
void DrawSequence(const Options& options, const SampleRandom& random, float* draws,
                  uint8_t* symbols) {
  const int64_t count = options.text.context + 1;
  const int64_t vocabulary = options.text.vocabulary;
  random.Uniforms(SampleRandom::kFeatures, count, draws);
  const auto choose = [](float draw, int64_t choices) {  // of [-1, 1)
    return static_cast<int64_t>((static_cast<double>(draw) + 1) / 2 * static_cast<double>(choices));
  };
  for (int64_t i = 0; i < count; ++i) {
    if (i < options.order) {
      symbols[i] = static_cast<uint8_t>(choose(draws[i], vocabulary));
      continue;
    }
    uint64_t state = 0;  // at most eight bytes
    for (int64_t back = options.order; back > 0; --back) state = state << 8 | symbols[i - back];
    symbols[i] = static_cast<uint8_t>(
        (FirstSuccessor(options, state) + choose(draws[i], options.branches)) % vocabulary);
  }
}

class SyntheticText final : public DataSource {
 public:
  explicit SyntheticText(const Options& options) : options_(options) {}

  absl::StatusOr<SourceDescription> Describe(const DataRoots&) const override {
    const int64_t count = options_.sizes.count();
    return SourceDescription{Info(), count, options_.sizes.samples,
                             2 * count * options_.text.context};
  }

  absl::StatusOr<std::string> Version(const DataRoots&) const override { return std::string(); }

  absl::StatusOr<Samples> Load(const DataRoots&) const override {
    const int64_t context = options_.text.context;
    Samples samples;
    samples.info = Info();
    samples.count = options_.sizes.count();
    samples.train_count = options_.sizes.samples;
    samples.byte_scale = 1;
    std::vector<uint8_t> features(static_cast<size_t>(samples.count * context));
    std::vector<uint8_t> labels(features.size());
    std::vector<uint8_t> symbols(static_cast<size_t>(context) + 1);
    std::vector<float> draws(symbols.size());
    for (int64_t i = 0; i < samples.count; ++i) {
      DrawSequence(options_, SampleRandom(options_.sizes, i), draws.data(), symbols.data());
      std::copy_n(symbols.begin(), context, features.begin() + i * context);
      std::copy_n(symbols.begin() + 1, context, labels.begin() + i * context);
    }
    samples.features = SharedArray<uint8_t>(std::move(features));
    samples.byte_labels = SharedArray<uint8_t>(std::move(labels));
    return samples;
  }

 private:
  DataInfo Info() const {
    DataInfo info = TextInfo(options_.text);
    info.best_error = 1 - 1 / static_cast<double>(options_.branches);
    return info;
  }

  const Options options_;
};

std::unique_ptr<DataSource> Create(const Params& params, Violations& violations) {
  Options options = {ReadTextOptions(params), ReadSizes(params), params.Int("order"),
                     params.Int("branches")};
  CheckSize(params, options.text.context, violations);
  if (options.branches > options.text.vocabulary) {
    violations.Add(
        params.PathOf("branches"),
        absl::StrCat(options.branches, "; at most ", options.text.vocabulary, ", the vocabulary"));
  }
  return std::make_unique<SyntheticText>(options);
}

}  // namespace

CatalogEntry<DataSource> SyntheticTextEntry() {
  return {
      WithText(WithSizes(Schema(
                   "synthetic_text",
                   "Sequences of a Markov chain: after the same `order` symbols, one of `branches` "
                   "follows. No model is better than a perplexity of `branches` (a loss of its "
                   "logarithm), but for the first positions of a sample.")),
               64)
          .Add(Integer("order", "How many symbols decide what may follow.")
                   .Default(1)
                   .AtLeast(1)
                   .AtMost(kMostOrder))
          .Add(Integer("branches", "How many different symbols may follow.")
                   .Default(4)
                   .AtLeast(1)
                   .AtMost(256))
          .Example("{type: synthetic_text, samples: 1000, context: 64, vocabulary: 32}"),
      Create};
}

}  // namespace trainyard::data
