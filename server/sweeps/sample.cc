#include "server/sweeps/sample.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/philox.h"
#include "engine/base/saturated.h"

namespace trainyard {
namespace {

// Draws for one trial before a space counts as used up.
constexpr uint64_t kMostDraws = 20'000;

google::protobuf::Value NumberValue(double number) {
  google::protobuf::Value value;
  value.set_number_value(number);
  return value;
}

// In [0, 1).
double UniformOf(const RandomStream& stream, uint64_t trial, uint64_t draw) {
  const auto words = stream.Words(trial, draw);
  const uint64_t word = uint64_t{words[1]} << 32 | words[0];
  return static_cast<double>(word >> 11) * 0x1.0p-53;
}

// Reads better, and hides the last bits of a machine's logarithm.
double Rounded(double number, const v1::SweepRange& range) {
  const double rounded = std::strtod(absl::StrFormat("%.4g", number).c_str(), nullptr);
  return std::clamp(rounded, range.min(), range.max());
}

double Between(double low, double high, double share) { return low + share * (high - low); }

google::protobuf::Value Draw(const v1::SweepParameter& parameter, const RandomStream& stream,
                             uint64_t trial, uint64_t draw) {
  if (!parameter.values().empty()) {
    const auto count = static_cast<uint64_t>(parameter.values_size());
    return parameter.values(static_cast<int>(stream.Below(trial, draw, count)));
  }
  if (parameter.has_integer()) {
    const v1::SweepRange& range = parameter.integer();
    const auto count = static_cast<uint64_t>(range.max() - range.min()) + 1;
    return NumberValue(range.min() + static_cast<double>(stream.Below(trial, draw, count)));
  }
  const double share = UniformOf(stream, trial, draw);
  if (parameter.has_uniform()) {
    const v1::SweepRange& range = parameter.uniform();
    return NumberValue(Rounded(Between(range.min(), range.max(), share), range));
  }
  const bool whole = parameter.has_log_integer();
  const v1::SweepRange& range = whole ? parameter.log_integer() : parameter.log_uniform();
  const double end = whole ? range.max() + 1 : range.max();
  const double drawn = std::exp(Between(std::log(range.min()), std::log(end), share));
  if (!whole) return NumberValue(Rounded(drawn, range));
  return NumberValue(std::clamp(std::floor(drawn), range.min(), range.max()));
}

std::string KeyOf(const Combination& combination) {
  std::string key;
  for (const google::protobuf::Value& value : combination) {
    const std::string part = value.SerializeAsString();
    absl::StrAppend(&key, part.size(), " ", part);
  }
  return key;
}

std::vector<google::protobuf::Value> AllOf(const v1::SweepParameter& parameter) {
  if (!parameter.values().empty()) return {parameter.values().begin(), parameter.values().end()};
  std::vector<google::protobuf::Value> all;
  for (double number = parameter.integer().min(); number <= parameter.integer().max(); ++number)
    all.push_back(NumberValue(number));
  return all;
}

}  // namespace

uint64_t ChoicesOf(const v1::SweepParameter& parameter) {
  if (!parameter.values().empty()) return static_cast<uint64_t>(parameter.values_size());
  if (!parameter.has_integer() && !parameter.has_log_integer()) return 0;
  const v1::SweepRange& range =
      parameter.has_integer() ? parameter.integer() : parameter.log_integer();
  return static_cast<uint64_t>(range.max() - range.min()) + 1;
}

uint64_t CombinationsOf(const v1::SweepSpecification& sweep) {
  int64_t product = 1;
  for (const v1::SweepParameter& parameter : sweep.parameters()) {
    const uint64_t choices = ChoicesOf(parameter);
    if (choices == 0) return 0;
    product = MultiplySaturated(product, static_cast<int64_t>(choices));
  }
  return static_cast<uint64_t>(product);
}

std::vector<Combination> GridOf(const v1::SweepSpecification& sweep) {
  std::vector<Combination> grid = {{}};
  for (const v1::SweepParameter& parameter : sweep.parameters()) {
    const std::vector<google::protobuf::Value> all = AllOf(parameter);
    std::vector<Combination> longer;
    for (const Combination& begin : grid) {
      for (const google::protobuf::Value& value : all) {
        longer.push_back(begin);
        longer.back().push_back(value);
      }
    }
    grid = std::move(longer);
  }
  return grid;
}

std::vector<Combination> DrawCombinations(const v1::SweepSpecification& sweep) {
  std::vector<RandomStream> streams;
  for (int i = 0; i < sweep.parameters_size(); ++i)
    streams.emplace_back(sweep.search_seed(), RandomPurpose::kSweep, static_cast<uint32_t>(i));
  std::vector<Combination> drawn;
  std::set<std::string> known;
  for (uint32_t trial = 0; trial < sweep.trials(); ++trial) {
    bool found = false;
    for (uint64_t draw = 0; draw < kMostDraws && !found; ++draw) {
      Combination combination;
      for (int i = 0; i < sweep.parameters_size(); ++i) {
        combination.push_back(
            Draw(sweep.parameters(i), streams[static_cast<size_t>(i)], trial, draw));
      }
      found = known.insert(KeyOf(combination)).second;
      if (found) drawn.push_back(std::move(combination));
    }
    if (!found) return drawn;
  }
  return drawn;
}

}  // namespace trainyard
