#include "engine/transforms/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/vectorized.h"
#include "engine/transforms/sample_blocks.h"

namespace trainyard {
namespace {

// Sums of squares of so many bytes fit 32 bits.
constexpr int64_t kBytesPerBlock = 32768;
constexpr int64_t kSamplesPerBlock = 65536;
// Of one feature each, that a thread adds up.
constexpr int64_t kGroupsPerTile = 128;

struct ByteSums {
  uint64_t sum = 0;
  uint64_t squares = 0;
  uint8_t minimum = 255;
  uint8_t maximum = 0;
};

// Adds `count` bytes, at most kBytesPerBlock.
void AddBlock(const uint8_t* bytes, int64_t count, ByteSums& sums) {
  int32_t sum = 0;
  int32_t squares = 0;
  uint8_t minimum = sums.minimum;
  uint8_t maximum = sums.maximum;
  for (int64_t i = 0; i < count; ++i) {
    const int16_t value = bytes[i];
    sum += value;
    squares += int32_t{value} * value;
    minimum = std::min(minimum, bytes[i]);
    maximum = std::max(maximum, bytes[i]);
  }
  sums.sum += static_cast<uint64_t>(sum);
  sums.squares += static_cast<uint64_t>(squares);
  sums.minimum = minimum;
  sums.maximum = maximum;
}

void AddRow(const uint8_t* row, int64_t features, uint32_t* sums, uint32_t* squares,
            uint8_t* minimum, uint8_t* maximum) {
  for (int64_t f = 0; f < features; ++f) {
    const uint32_t value = row[f];
    sums[f] += value;
    squares[f] += value * value;
    minimum[f] = std::min(minimum[f], row[f]);
    maximum[f] = std::max(maximum[f], row[f]);
  }
}

std::vector<ByteSums> SumGroups(const FittingSamples& samples, int64_t groups, int64_t width) {
  std::vector<ByteSums> sums(static_cast<size_t>(groups));
  for (int64_t i = 0; i < samples.count; ++i) {
    const uint8_t* row = samples.bytes(i);
    for (int64_t g = 0; g < groups; ++g) {
      for (int64_t from = 0; from < width; from += kBytesPerBlock) {
        AddBlock(row + g * width + from, std::min(kBytesPerBlock, width - from), sums[g]);
      }
    }
  }
  return sums;
}

std::vector<ByteSums> SumFeatures(const FittingSamples& samples, int64_t features) {
  std::vector<ByteSums> sums(static_cast<size_t>(features));
  std::vector<uint32_t> sum(features), squares(features);
  std::vector<uint8_t> minimum(features, 255), maximum(features, 0);
  for (int64_t first = 0; first < samples.count; first += kSamplesPerBlock) {
    std::fill(sum.begin(), sum.end(), 0);
    std::fill(squares.begin(), squares.end(), 0);
    const int64_t end = std::min(samples.count, first + kSamplesPerBlock);
    for (int64_t i = first; i < end; ++i) {
      AddRow(samples.bytes(i), features, sum.data(), squares.data(), minimum.data(),
             maximum.data());
    }
    for (int64_t f = 0; f < features; ++f) {
      sums[f].sum += sum[f];
      sums[f].squares += squares[f];
    }
  }
  for (int64_t f = 0; f < features; ++f) {
    sums[f].minimum = minimum[f];
    sums[f].maximum = maximum[f];
  }
  return sums;
}

GroupStatistics FromBytes(const FittingSamples& samples, int64_t groups, int64_t features) {
  const int64_t width = features / groups;
  GroupStatistics statistics;
  const double scale = samples.byte_scale;
  const unsigned __int128 count = static_cast<unsigned __int128>(samples.count) * width;
  for (const ByteSums& group :
       width == 1 ? SumFeatures(samples, features) : SumGroups(samples, groups, width)) {
    // n * squares - sum^2 in integers: no digit is lost.
    const unsigned __int128 spread =
        count * group.squares - static_cast<unsigned __int128>(group.sum) * group.sum;
    const double n = static_cast<double>(count);
    statistics.mean.push_back(static_cast<double>(group.sum) / n * scale);
    statistics.deviation.push_back(std::sqrt(static_cast<double>(spread)) / n * scale);
    statistics.minimum.push_back(group.minimum * scale);
    statistics.maximum.push_back(group.maximum * scale);
  }
  return statistics;
}

// Adds values [count], of which all are of one group, or each of the next.
TRAINYARD_VECTORIZED void AddFloats(const float* values, int64_t count, bool one_group,
                                    double* mean, double* minimum, double* maximum) {
  const auto add = [&](int64_t i, int64_t group) {
    const double value = values[i];
    mean[group] += value;
    minimum[group] = std::min(minimum[group], value);
    maximum[group] = std::max(maximum[group], value);
  };
  if (one_group) {
    for (int64_t i = 0; i < count; ++i) add(i, 0);
  } else {
    for (int64_t i = 0; i < count; ++i) add(i, i);
  }
}

TRAINYARD_VECTORIZED void AddSquares(const float* values, int64_t count, bool one_group,
                                     const double* mean, double* squares) {
  const auto add = [&](int64_t i, int64_t group) {
    const double difference = values[i] - mean[group];
    squares[group] += difference * difference;
  };
  if (one_group) {
    for (int64_t i = 0; i < count; ++i) add(i, 0);
  } else {
    for (int64_t i = 0; i < count; ++i) add(i, i);
  }
}

// add(values, first group, number of values) for the features of each tile of groups, sample
// by sample.
template <typename F>
void ForEachRow(const FittingSamples& samples, int64_t groups, const F& add) {
  SampleBlocks blocks(samples);
  const int64_t features = blocks.features();
  const int64_t width = features / groups;
  const int64_t groups_per_tile = width == 1 ? kGroupsPerTile : 1;
  blocks.ForEach([&](const float* values, int64_t count) {
    samples.Run(TilesOf(groups, groups_per_tile), [&](int tile) {
      const int64_t group = tile * groups_per_tile;
      const int64_t end = std::min(groups, group + groups_per_tile);
      for (int64_t i = 0; i < count; ++i) {
        add(values + i * features + group * width, group, (end - group) * width);
      }
    });
  });
}

GroupStatistics FromFloats(const FittingSamples& samples, int64_t groups, int64_t features) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const size_t size = static_cast<size_t>(groups);
  GroupStatistics statistics{std::vector<double>(size), std::vector<double>(size),
                             std::vector<double>(size, kInfinity),
                             std::vector<double>(size, -kInfinity)};
  const bool one_group = groups < features;  // all values of a tile
  const int64_t width = features / groups;
  const double n = static_cast<double>(samples.count) * static_cast<double>(width);
  ForEachRow(samples, groups, [&](const float* row, int64_t group, int64_t count) {
    AddFloats(row, count, one_group, &statistics.mean[group], &statistics.minimum[group],
              &statistics.maximum[group]);
  });
  for (double& mean : statistics.mean) mean /= n;
  ForEachRow(samples, groups, [&](const float* row, int64_t group, int64_t count) {
    AddSquares(row, count, one_group, &statistics.mean[group], &statistics.deviation[group]);
  });
  for (int64_t g = 0; g < groups; ++g) {
    // A constant has no spread, whatever rounding made of its mean.
    const bool constant = statistics.minimum[g] == statistics.maximum[g];
    if (constant) statistics.mean[g] = statistics.minimum[g];
    statistics.deviation[g] = constant ? 0 : std::sqrt(statistics.deviation[g] / n);
  }
  return statistics;
}

}  // namespace

ParamSpec PerParameter() {
  return String("per",
                "What shares one statistic. Default: channel for images, feature for vectors.")
      .OneOf({"channel", "feature", "all"});
}

absl::StatusOr<int64_t> GroupsOf(const std::string& per, const Shape& shape) {
  const bool image = shape.rank() > 1;
  if (per == "all") return int64_t{1};
  if (per == "channel" || (per.empty() && image)) {
    if (image) return shape[0];
    return absl::InvalidArgumentError(absl::StrCat("per: samples of shape ", shape.ToString(),
                                                   " have no channels; use feature or all"));
  }
  return shape.elements();
}

double InverseSpread(double spread) {
  return spread > 1.0 / std::numeric_limits<float>::max() ? 1.0 / spread : 0.0;
}

GroupStatistics ComputeStatistics(const FittingSamples& samples, int64_t groups) {
  const int64_t features = samples.shape.elements();
  return samples.bytes ? FromBytes(samples, groups, features)
                       : FromFloats(samples, groups, features);
}

}  // namespace trainyard
