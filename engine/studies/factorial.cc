#include "engine/studies/factorial.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/studies/distributions.h"

namespace trainyard::studies {
namespace {

constexpr size_t kMostFactors = 8;

std::string Name(const std::vector<std::string>& factors, uint32_t chosen) {
  std::string name;
  for (size_t i = 0; i < factors.size(); ++i) {
    if (chosen >> i & 1) absl::StrAppend(&name, name.empty() ? "" : " x ", factors[i]);
  }
  return name.empty() ? "none" : name;
}

struct Cells {
  std::vector<double> mean;
  std::vector<double> count;
  double variance = 0;  // of a run
  double freedom = 0;
  bool blocked = false;

  // Of a sum of cell means with these weights.
  Estimate Contrast(const std::vector<double>& weights, double* p_value) const {
    double value = 0, squares = 0;
    for (size_t cell = 0; cell < mean.size(); ++cell) {
      value += weights[cell] * mean[cell];
      squares += weights[cell] * weights[cell] / count[cell];
    }
    const double error = std::sqrt(variance * squares);
    const double reach = StudentQuantile(0.975, freedom) * error;
    *p_value = error > 0 ? 2 * StudentCdf(-std::abs(value / error), freedom) : value == 0 ? 1 : 0;
    return {value, {value - reach, value + reach}};
  }
};

absl::StatusOr<Cells> MakeCells(const std::vector<std::string>& factors,
                                const std::vector<FactorialRun>& runs) {
  const size_t size = size_t{1} << factors.size();
  Cells cells;
  cells.mean.assign(size, 0);
  cells.count.assign(size, 0);
  std::map<uint64_t, std::pair<double, size_t>> seeds;
  for (const FactorialRun& run : runs) {
    cells.mean[run.factors] += run.response;
    ++cells.count[run.factors];
    seeds[run.seed].first += run.response;
    ++seeds[run.seed].second;
  }
  for (size_t cell = 0; cell < size; ++cell) {
    if (cells.count[cell] == 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("no run that ended well with ", Name(factors, static_cast<uint32_t>(cell)),
                       " on and the other factors off: no effect can be told from the rest"));
    }
    cells.mean[cell] /= cells.count[cell];
  }
  const double replicates = cells.count[0];
  cells.blocked = seeds.size() > 1 &&
                  std::all_of(cells.count.begin(), cells.count.end(),
                              [&](double count) { return count == replicates; }) &&
                  static_cast<double>(seeds.size()) == replicates &&
                  std::all_of(seeds.begin(), seeds.end(),
                              [&](const auto& seed) { return seed.second.second == size; });
  double grand = 0;
  for (double mean : cells.mean) grand += mean / static_cast<double>(size);
  double squares = 0;
  for (const FactorialRun& run : runs) {
    double residual = run.response - cells.mean[run.factors];
    if (cells.blocked) residual -= seeds[run.seed].first / static_cast<double>(size) - grand;
    squares += residual * residual;
  }
  cells.freedom = static_cast<double>(runs.size()) - static_cast<double>(size) -
                  (cells.blocked ? replicates - 1 : 0);
  if (cells.freedom < 1) {
    return absl::FailedPreconditionError(
        "insufficient data: no factor setting was run with two seeds, so that noise is unknown");
  }
  cells.variance = squares / cells.freedom;
  return cells;
}

}  // namespace

absl::StatusOr<Factorial> AnalyseFactorial(const std::vector<std::string>& factors,
                                           const std::vector<FactorialRun>& runs) {
  if (factors.empty() || factors.size() > kMostFactors) {
    return absl::InvalidArgumentError(
        absl::StrCat(factors.size(), " factors; it takes 1 to ", kMostFactors));
  }
  const uint32_t size = uint32_t{1} << factors.size();
  std::vector<FactorialRun> finite;
  for (const FactorialRun& run : runs) {
    if (run.factors >= size) {
      return absl::InvalidArgumentError(
          absl::StrCat("a run with factors ", run.factors, " of ", factors.size()));
    }
    // A failed run is left out; its cell says so if it was the only one.
    if (std::isfinite(run.response)) finite.push_back(run);
  }
  ASSIGN_OR_RETURN(const Cells cells, MakeCells(factors, finite));
  Factorial result;
  result.factors = static_cast<int>(factors.size());
  result.deviation = std::sqrt(cells.variance);
  result.freedom = cells.freedom;
  result.blocked = cells.blocked;
  for (uint32_t chosen = 1; chosen < size; ++chosen) {
    Effect effect{chosen, Name(factors, chosen), {}, 1};
    std::vector<double> weights(size);
    for (uint32_t cell = 0; cell < size; ++cell) {
      const bool negative = std::popcount(chosen & ~cell) % 2 == 1;
      weights[cell] = (negative ? -2.0 : 2.0) / size;
    }
    effect.estimate = cells.Contrast(weights, &effect.p_value);
    result.effects.push_back(std::move(effect));
  }
  std::stable_sort(result.effects.begin(), result.effects.end(),
                   [](const Effect& a, const Effect& b) {
                     return std::popcount(a.factors) < std::popcount(b.factors);
                   });
  const auto against_none = [&](uint32_t cell) {
    Effect effect{cell, Name(factors, cell), {}, 1};
    std::vector<double> weights(size, 0);
    weights[cell] = 1;
    weights[0] = -1;
    effect.estimate = cells.Contrast(weights, &effect.p_value);
    return effect;
  };
  for (size_t i = 0; i < factors.size(); ++i) {
    result.alone.push_back(against_none(uint32_t{1} << i));
  }
  result.together = against_none(size - 1);
  return result;
}

}  // namespace trainyard::studies
