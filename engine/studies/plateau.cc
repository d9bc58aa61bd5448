#include "engine/studies/plateau.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/studies/curve_fit.h"

namespace trainyard::studies {
namespace {

std::string Sentence(const LearningCurve& curve, const Plateau& plateau,
                     const PlateauOptions& options, double size) {
  const char* const words = plateau.trend == Trend::kPlateaued        ? "has plateaued"
                            : plateau.trend == Trend::kKeepsImproving ? "keeps improving"
                                                                      : "undecided";
  return absl::StrCat(
      curve.name, curve.name.empty() ? "" : ": ", words, ": at size ", Readable(size),
      " doubling the data takes away ", ReadableShare(plateau.improvement.value), " of the error (",
      ReadableShare(plateau.improvement.interval.low), " to ",
      ReadableShare(plateau.improvement.interval.high), "; threshold ",
      ReadableShare(options.threshold), "); fitted asymptote ", Readable(plateau.asymptote.value),
      " (", Readable(plateau.asymptote.interval), ")");
}

}  // namespace

Plateau TestPlateau(const LearningCurve& curve, const PlateauOptions& options) {
  Plateau plateau;
  plateau.finding = CheckCurve(curve, options.guards);
  if (plateau.finding.verdict != Verdict::kHolds) return plateau;
  const LearningCurve part = UsablePart(curve, options.guards);
  const double size = part.points.back().size;
  if (part.points.back().mean <= 0) {
    plateau.finding.verdict = Verdict::kUndecided;
    plateau.finding.sentence =
        absl::StrCat(curve.name, curve.name.empty() ? "" : ": ", "undecided: no run at size ",
                     Readable(size), " makes an error, so that none is left to take away");
    return plateau;
  }
  plateau.choice = ChooseLaw(part);
  const CurveFit power = FitCurve(part, LawKind::kPower);
  plateau.asymptote = power.law.Asymptote(options.level);
  plateau.exponent = power.law.Exponent(0, options.level);
  const auto improvement = [size](const Law& law) { return law.ImprovementPerDoubling(size); };
  plateau.improvement = power.law.Profile(improvement, options.level);
  if (plateau.choice.Admits(LawKind::kLogarithmic)) {
    // Where the data do not tell the laws apart, the interval has room for both.
    const Estimate other =
        FitCurve(part, LawKind::kLogarithmic).law.Profile(improvement, options.level);
    if (plateau.choice.kind == LawKind::kLogarithmic) {
      plateau.improvement = other;
    } else {
      Interval& interval = plateau.improvement.interval;
      interval.low = std::min(interval.low, other.interval.low);
      interval.high = std::max(interval.high, other.interval.high);
    }
  }
  if (plateau.improvement.interval.high < options.threshold) {
    plateau.trend = Trend::kPlateaued;
    plateau.finding.verdict = Verdict::kHolds;
  } else if (plateau.improvement.interval.low > options.threshold) {
    plateau.trend = Trend::kKeepsImproving;
    plateau.finding.verdict = Verdict::kDoesNotHold;
  } else {
    plateau.finding.verdict = Verdict::kUndecided;
  }
  plateau.finding.sentence = Sentence(curve, plateau, options, size);
  plateau.finding.numbers.push_back({"size", size});
  plateau.finding.numbers.push_back({"threshold", options.threshold});
  AddEstimate("improvement_per_doubling", plateau.improvement, plateau.finding);
  AddEstimate("asymptote", plateau.asymptote, plateau.finding);
  AddEstimate("exponent", plateau.exponent, plateau.finding);
  return plateau;
}

}  // namespace trainyard::studies
