// What a user should know of the loaded samples before believing a result: how the classes are
// balanced, and which samples of the other parts the model has seen in training. LoadData makes it,
// the job's log shows it. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trainyard {

class ThreadPool;
struct DataInfo;
struct Samples;
struct SplitIndices;

struct DataReport {
  // Samples of a part whose features are, bit by bit, those of a training sample.
  struct Repeats {
    int64_t part_size = 0;
    int64_t samples = 0;
    int64_t other_label = 0;  // of these, with another label than that training sample
  };

  // Of the training part, before label noise; empty for regression and sequences.
  std::vector<int64_t> class_counts;
  Repeats validation;
  Repeats test;
  // Made by label noise.
  int64_t wrong_labels = 0;
};

struct ReportLine {
  bool warning = false;
  std::string text;
};

// Sequences are left out: windows of one text overlap, and positions are no samples of a class.
DataReport ReportOn(const Samples& samples, const SplitIndices& parts, ThreadPool& pool);

// For people; class names are those of `info`.
std::vector<ReportLine> LinesOf(const DataReport& report, const DataInfo& info);

}  // namespace trainyard
