#include "engine/data/label_noise.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/philox.h"
#include "engine/data/split.h"

namespace trainyard {
namespace {
// Positions of the random stream: which sample, and what its label becomes.
enum Draw : uint64_t { kOrder, kLabel };
}  // namespace

void ProveLabelNoise(const LabelNoise& noise, const DataInfo& info, int64_t train_size,
                     const std::string& path, Violations& violations) {
  if (noise.share == 0) return;
  if (info.task != Task::kClassification) {
    return violations.Add(path, "not allowed for regression: there are no classes to confuse");
  }
  if (info.vocabulary > 0) {
    return violations.Add(path, "not allowed for sequences: their labels are their own next ids");
  }
  if (!(noise.share > 0 && noise.share < 1)) {  // true for NaN
    return violations.Add(JoinPath(path, "share"),
                          absl::StrCat("expected a share in [0, 1), got ", noise.share));
  }
  if (train_size > 0 && ShareOf(noise.share, train_size) == 0) {
    violations.Add(JoinPath(path, "share"),
                   absl::StrCat(noise.share, " of ", train_size,
                                " training samples is none; use 0 or a larger share"));
  }
}

int64_t AddLabelNoise(const LabelNoise& noise, const std::vector<int64_t>& training,
                      Samples& samples) {
  if (noise.share == 0 || samples.info.classes < 2) return 0;
  const RandomStream stream(noise.seed, RandomPurpose::kLabelNoise);
  std::vector<std::pair<uint64_t, int64_t>> order;
  order.reserve(training.size());
  for (int64_t sample : training) {
    const auto words = stream.Words(kOrder, static_cast<uint64_t>(sample));
    order.emplace_back(uint64_t{words[0]} << 32 | words[1], sample);
  }
  const int64_t count = ShareOf(noise.share, std::ssize(training));
  std::nth_element(order.begin(), order.begin() + count, order.end());
  std::vector<int32_t> labels(samples.labels.begin(), samples.labels.end());
  for (int64_t i = 0; i < count; ++i) {
    const int64_t sample = order[i].second;
    const uint64_t others = static_cast<uint64_t>(samples.info.classes - 1);
    const uint64_t step = 1 + stream.Below(kLabel, static_cast<uint64_t>(sample), others);
    labels[sample] = static_cast<int32_t>((static_cast<uint64_t>(labels[sample]) + step) %
                                          static_cast<uint64_t>(samples.info.classes));
  }
  samples.labels = std::move(labels);
  return count;
}

}  // namespace trainyard
