#include "engine/studies/guards.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/studies/curve_fit.h"
#include "engine/studies/distributions.h"

namespace trainyard::studies {
namespace {

// A rise is one of this probability by chance, over all pairs of sizes, and of at least this share.
constexpr double kRiseChance = 0.01;
constexpr double kMaterialRise = 0.05;
// A law does not fit where such a misfit has this probability, and it misses a size by this share.
constexpr double kMisfitChance = 0.001;
constexpr double kMaterialMiss = 0.05;

struct Rise {
  size_t from = 0, to = 0;
  double share = 0;
};

// The largest rise beyond noise; share 0 where there is none.
Rise FindRise(const LearningCurve& curve) {
  const Noise noise = EstimateNoise(curve);
  const Observations observed = ObservationsOf(curve, noise);
  const auto count = static_cast<size_t>(observed.count());
  const double pairs = 0.5 * static_cast<double>(count) * static_cast<double>(count - 1);
  const double reach = StudentQuantile(1 - kRiseChance / std::max(1.0, pairs), observed.freedom);
  Rise most;
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = i + 1; k < count; ++k) {
      const auto a = static_cast<Eigen::Index>(i), b = static_cast<Eigen::Index>(k);
      const double rise = observed.means[b] - observed.means[a];
      const double variance =
          observed.covariance(a, a) + observed.covariance(b, b) - 2 * observed.covariance(a, b);
      const double share = rise / std::max(observed.means[a], noise.least_level);
      if (share < kMaterialRise || rise * rise < reach * reach * variance) continue;
      if (share > most.share) most = {i, k, share};
    }
  }
  return most;
}

}  // namespace

LearningCurve UsablePart(const LearningCurve& curve, const Guards& guards) {
  LearningCurve part = curve;
  std::erase_if(part.points, [&](const CurvePoint& point) {
    const bool few = static_cast<int>(point.unit_means.size()) < guards.seeds;
    if (few) {
      part.notes.push_back(absl::StrCat("size ", Readable(point.size),
                                        " is left out: ", point.unit_means.size(), " of ",
                                        guards.seeds, " seeds that it takes"));
    }
    return few;
  });
  return part;
}

Finding CheckEnough(const LearningCurve& curve, const Guards& guards) {
  const LearningCurve part = UsablePart(curve, guards);
  const double decades =
      part.points.empty() ? 0 : std::log10(part.points.back().size / part.points.front().size);
  Finding finding;
  finding.numbers = {{"sizes", static_cast<double>(part.points.size())},
                     {"decades", decades},
                     {"failed_runs", static_cast<double>(curve.failed_runs)}};
  if (static_cast<int>(part.points.size()) < guards.sizes || decades < guards.decades - 1e-9) {
    finding.verdict = Verdict::kInsufficientData;
    finding.sentence =
        absl::StrCat("insufficient data: ", part.points.size(), " sizes with at least ",
                     guards.seeds, " seeds over ", Readable(decades), " decades; it takes ",
                     guards.sizes, " over ", Readable(guards.decades));
    return finding;
  }
  finding.verdict = Verdict::kHolds;
  finding.sentence =
      absl::StrCat(part.points.size(), " sizes over ", Readable(decades), " decades");
  return finding;
}

Finding CheckCurve(const LearningCurve& curve, const Guards& guards) {
  Finding finding = CheckEnough(curve, guards);
  if (finding.verdict != Verdict::kHolds) return finding;
  const LearningCurve part = Winsorized(UsablePart(curve, guards));
  if (const Rise rise = FindRise(part); rise.share > 0) {
    finding.verdict = Verdict::kIllBehaved;
    finding.numbers.push_back({"rise", rise.share});
    finding.sentence = absl::StrCat(
        "ill-behaved: the error rises by ", ReadableShare(rise.share), " from size ",
        Readable(part.points[rise.from].size), " to ", Readable(part.points[rise.to].size),
        ", beyond noise",
        rise.to + 1 < part.points.size() && part.points.back().mean < part.points[rise.to].mean
            ? ", and falls again (a peak, as in double descent)"
            : "");
    return finding;
  }
  const CurveFit power = FitCurve(part, LawKind::kPower);
  const CurveFit logarithmic = FitCurve(part, LawKind::kLogarithmic);
  const auto fails = [](const CurveFit& fit) {
    return fit.lack_of_fit < kMisfitChance && fit.worst_residual > kMaterialMiss;
  };
  if (fails(power) && fails(logarithmic)) {
    const double miss = std::min(power.worst_residual, logarithmic.worst_residual);
    finding.verdict = Verdict::kIllBehaved;
    finding.numbers.push_back({"worst_log_residual", miss});
    finding.sentence = absl::StrCat("ill-behaved: every law misses a size by at least ",
                                    ReadableShare(std::expm1(miss)), ", beyond noise");
  }
  return finding;
}

}  // namespace trainyard::studies
