#include "engine/data/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "engine/base/philox.h"

namespace trainyard {
namespace {

uint64_t KeyOf(const RandomStream& stream, int64_t sample) {
  const auto words = stream.Words(0, static_cast<uint64_t>(sample));
  return uint64_t{words[0]} << 32 | words[1];
}

// Samples of each class present (one class for all where labels is empty), each in its random
// order.
std::vector<std::vector<int64_t>> ShuffledClasses(const std::vector<int64_t>& samples,
                                                  absl::Span<const int32_t> labels,
                                                  const RandomStream& stream) {
  std::map<int32_t, std::vector<std::pair<uint64_t, int64_t>>> keyed;
  for (int64_t sample : samples) {
    keyed[labels.empty() ? 0 : labels[sample]].emplace_back(KeyOf(stream, sample), sample);
  }
  std::vector<std::vector<int64_t>> classes;
  for (auto& [label, members] : keyed) {
    std::sort(members.begin(), members.end());
    std::vector<int64_t>& order = classes.emplace_back();
    order.reserve(members.size());
    for (const auto& [key, sample] : members) order.push_back(sample);
  }
  return classes;
}

}  // namespace

int64_t ShareOf(double share, int64_t samples) {
  return std::llround(share * static_cast<double>(samples));
}

std::vector<int64_t> Apportion(const std::vector<int64_t>& counts, int64_t total) {
  __int128 sum = 0;
  for (int64_t count : counts) sum += count;
  std::vector<int64_t> quotas(counts.size());
  if (sum == 0) return quotas;
  std::vector<std::pair<__int128, size_t>> remainders;
  int64_t given = 0;
  for (size_t c = 0; c < counts.size(); ++c) {
    const __int128 product = static_cast<__int128>(counts[c]) * total;
    quotas[c] = static_cast<int64_t>(product / sum);
    given += quotas[c];
    remainders.emplace_back(-(product % sum), c);
  }
  std::sort(remainders.begin(), remainders.end());
  for (size_t i = 0; given < total; ++i, ++given) ++quotas[remainders[i].second];
  return quotas;
}

SplitIndices Split(int64_t samples, absl::Span<const int32_t> labels, int64_t validation,
                   int64_t test, uint64_t seed) {
  std::vector<int64_t> all(static_cast<size_t>(samples));
  for (int64_t i = 0; i < samples; ++i) all[i] = i;
  SplitIndices split;
  if (validation == 0 && test == 0) {
    split.train = std::move(all);
    return split;
  }
  const auto classes = ShuffledClasses(all, labels, RandomStream(seed, RandomPurpose::kSplit));
  std::vector<int64_t> counts;
  for (const auto& members : classes) counts.push_back(static_cast<int64_t>(members.size()));
  const std::vector<int64_t> test_quotas = Apportion(counts, test);
  std::vector<int64_t> left = counts;
  for (size_t c = 0; c < counts.size(); ++c) left[c] -= test_quotas[c];
  const std::vector<int64_t> validation_quotas = Apportion(left, validation);
  for (size_t c = 0; c < classes.size(); ++c) {
    const auto begin = classes[c].begin();
    const auto test_end = begin + test_quotas[c];
    const auto validation_end = test_end + validation_quotas[c];
    split.test.insert(split.test.end(), begin, test_end);
    split.validation.insert(split.validation.end(), test_end, validation_end);
    split.train.insert(split.train.end(), validation_end, classes[c].end());
  }
  for (std::vector<int64_t>* part : {&split.train, &split.validation, &split.test}) {
    std::sort(part->begin(), part->end());
  }
  return split;
}

std::vector<int64_t> NestedSubset(const std::vector<int64_t>& samples,
                                  absl::Span<const int32_t> labels, int64_t size, uint64_t seed) {
  if (size >= static_cast<int64_t>(samples.size())) return samples;
  const RandomStream stream(seed, RandomPurpose::kSubset);
  // Systematic sampling: member j of a class of n stands at (j + u) / n of the whole order, u drawn
  // once a class, so that every prefix holds every class in proportion.
  std::vector<std::pair<double, int64_t>> order;
  order.reserve(samples.size());
  const auto classes = ShuffledClasses(samples, labels, stream);
  for (size_t c = 0; c < classes.size(); ++c) {
    const double members = static_cast<double>(classes[c].size());
    const double start = stream.Uniform(1, c);
    for (size_t j = 0; j < classes[c].size(); ++j) {
      order.emplace_back((static_cast<double>(j) + start) / members, classes[c][j]);
    }
  }
  std::nth_element(order.begin(), order.begin() + size, order.end());
  std::vector<int64_t> subset;
  subset.reserve(static_cast<size_t>(size));
  for (int64_t i = 0; i < size; ++i) subset.push_back(order[i].second);
  std::sort(subset.begin(), subset.end());
  return subset;
}

}  // namespace trainyard
