// What a study answers: a verdict, the numbers it rests on, and a sentence. Every analysis of this
// folder ends in one; callers put them in reports and messages.
//
// The folder is a pure library: numbers in, numbers and verdicts out. Everything in it is
// thread-safe: functions of their arguments, randomness included (a seed is an argument).
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace trainyard::studies {

enum class Verdict {
  kHolds,
  kDoesNotHold,       // the data speak against the claim
  kUndecided,         // the interval has room for both
  kInsufficientData,  // too few sizes, decades or seeds to ask
  kIllBehaved,        // not monotone beyond noise, or no law predicts
};

// "holds", "does not hold here", ...
std::string VerdictName(Verdict verdict);

// Both ends belong to it; an end may be infinite.
struct Interval {
  double low = 0;
  double high = 0;
  bool Contains(double value) const { return low <= value && value <= high; }
};

struct Estimate {
  double value = 0;
  Interval interval;  // 95 % unless its place says otherwise
};

struct NamedNumber {
  std::string name;  // "relative_improvement_per_doubling"
  double value = 0;
};

struct Finding {
  Verdict verdict = Verdict::kInsufficientData;
  std::string sentence;
  std::vector<NamedNumber> numbers;
};

// Adds name, name_low and name_high.
void AddEstimate(const std::string& name, const Estimate& estimate, Finding& finding);

// For sentences only: four significant digits, "12,000", "3.2e-05", "unbounded".
std::string Readable(double value);
// "12.3 %".
std::string ReadableShare(double share);
// "0.1 to 0.2".
std::string Readable(const Interval& interval);

}  // namespace trainyard::studies
