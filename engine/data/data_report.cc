#include "engine/data/data_report.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>
#include <variant>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "absl/strings/str_cat.h"
#include "engine/data/source.h"
#include "engine/data/split.h"
#include "engine/tensor/thread_pool.h"

namespace trainyard {
namespace {

constexpr int64_t kSamplesPerTile = 1024;
constexpr size_t kMostNamed = 5;

// Features as bytes, one sample after another.
struct Rows {
  const char* data = nullptr;
  size_t width = 0;

  explicit Rows(const Samples& samples) {
    std::visit(
        [&](const auto& features) {
          data = reinterpret_cast<const char*>(features.data());
          width = static_cast<size_t>(samples.info.input_shape.elements()) * sizeof(features[0]);
        },
        samples.features);
  }
  const char* operator()(int64_t sample) const {
    return data + static_cast<size_t>(sample) * width;
  }
};

// Hash and sample, in the order of `samples`.
using Hashed = std::vector<std::pair<uint64_t, int64_t>>;

Hashed HashAll(const Rows& rows, const std::vector<int64_t>& samples, ThreadPool& pool) {
  Hashed hashed(samples.size());
  const int64_t count = std::ssize(samples);
  pool.Run(static_cast<int>((count + kSamplesPerTile - 1) / kSamplesPerTile), [&](int tile, int) {
    const int64_t end = std::min(count, (tile + 1) * kSamplesPerTile);
    for (int64_t i = tile * kSamplesPerTile; i < end; ++i)
      hashed[i] = {XXH3_64bits(rows(samples[i]), rows.width), samples[i]};
  });
  return hashed;
}

DataReport::Repeats CountRepeats(const Samples& samples, const Rows& rows, const Hashed& training,
                                 const Hashed& part) {
  DataReport::Repeats repeats;
  repeats.part_size = std::ssize(part);
  for (const auto& [hash, sample] : part) {
    auto same = std::lower_bound(training.begin(), training.end(), std::pair(hash, int64_t{0}));
    while (same != training.end() && same->first == hash &&
           std::memcmp(rows(same->second), rows(sample), rows.width) != 0)
      ++same;
    if (same == training.end() || same->first != hash) continue;
    ++repeats.samples;
    if (!samples.labels.empty() && samples.labels[same->second] != samples.labels[sample])
      ++repeats.other_label;
  }
  return repeats;
}

// 1203 as "1,203".
std::string Grouped(int64_t number) {
  std::string text = absl::StrCat(number);
  for (int64_t at = std::ssize(text) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string ClassName(const DataInfo& info, size_t label) {
  return label < info.class_names.size() ? absl::StrCat("'", info.class_names[label], "'")
                                         : absl::StrCat(label);
}

void DescribeClasses(const std::vector<int64_t>& counts, const DataInfo& info,
                     std::vector<ReportLine>& lines) {
  if (counts.empty()) return;
  const auto [fewest, most] = std::minmax_element(counts.begin(), counts.end());
  if (*fewest == *most) {
    lines.push_back({false, absl::StrCat("each of the ", counts.size(), " classes has ",
                                         Grouped(*most), " training samples")});
    return;
  }
  const auto name = [&](auto at) {
    return ClassName(info, static_cast<size_t>(at - counts.begin()));
  };
  lines.push_back({false, absl::StrCat("the ", counts.size(), " classes have from ",
                                       Grouped(*fewest), " (", name(fewest), ") to ",
                                       Grouped(*most), " (", name(most), ") training samples")});
  std::string absent;
  size_t count = 0;
  for (size_t label = 0; label < counts.size(); ++label) {
    if (counts[label] > 0 || ++count > kMostNamed) continue;
    absl::StrAppend(&absent, count == 1 ? "" : ", ", ClassName(info, label));
  }
  if (count == 0) return;
  lines.push_back(
      {true, absl::StrCat("no training sample is of class ", absent,
                          count > kMostNamed ? " and others" : "", ": the model cannot learn it")});
}

void DescribeRepeats(const DataReport::Repeats& repeats, const char* part,
                     std::vector<ReportLine>& lines) {
  if (repeats.samples == 0) return;
  std::string text = absl::StrCat(Grouped(repeats.samples), " of ", Grouped(repeats.part_size), " ",
                                  part, " samples occur in the training part too");
  if (repeats.other_label > 0)
    absl::StrAppend(&text, ", ", Grouped(repeats.other_label), " of them with another label");
  lines.push_back({true, text + ": what is measured on them is no measure of new samples"});
}

}  // namespace

DataReport ReportOn(const Samples& samples, const SplitIndices& parts, ThreadPool& pool) {
  DataReport report;
  if (samples.info.vocabulary > 0) return report;
  if (samples.info.task == Task::kClassification) {
    report.class_counts.assign(static_cast<size_t>(samples.info.classes), 0);
    for (int64_t sample : parts.train) ++report.class_counts[samples.labels[sample]];
  }
  if (parts.validation.empty() && parts.test.empty()) return report;
  const Rows rows(samples);
  Hashed training = HashAll(rows, parts.train, pool);
  std::sort(training.begin(), training.end());
  report.validation = CountRepeats(samples, rows, training, HashAll(rows, parts.validation, pool));
  report.test = CountRepeats(samples, rows, training, HashAll(rows, parts.test, pool));
  return report;
}

std::vector<ReportLine> LinesOf(const DataReport& report, const DataInfo& info) {
  std::vector<ReportLine> lines;
  DescribeClasses(report.class_counts, info, lines);
  if (report.wrong_labels > 0) {
    const int64_t all =
        std::accumulate(report.class_counts.begin(), report.class_counts.end(), int64_t{0});
    lines.push_back({false, absl::StrCat(Grouped(report.wrong_labels), " of ", Grouped(all),
                                         " training labels are wrong (data.label_noise)")});
  }
  DescribeRepeats(report.validation, "validation", lines);
  DescribeRepeats(report.test, "test", lines);
  return lines;
}

}  // namespace trainyard
